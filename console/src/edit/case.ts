import { Document } from "yaml";
import type { Schemas } from "../api/client";

/** A case of a test file: a flow, the mail that it was tried on, and what came of it. */
export function caseOf(flow: string, mail: string, { decision, attributes }: Schemas["Tried"]): string {
  const { header, body } = partsOf(mail);
  const { kind, queue, priority, skills } = decision as { kind: string; queue?: { name: string }; priority?: number; skills?: string[] };
  const subject = header("subject");
  const one = {
    name: subject ? `a mail about ${subject}` : "a mail",
    flow,
    mail: { from: header("from"), ...(header("to") && { to: header("to") }), ...(subject && { subject }), text: body },
    expect: {
      decision: kind,
      ...(queue && { queue: queue.name }),
      ...(priority ? { priority } : {}),
      ...(skills && skills.length > 0 && { skills }),
      ...(attributes && Object.keys(attributes).length > 0 && { attributes }),
    },
  };
  return new Document({ tests: [one] }).toString({ lineWidth: 0 });
}

function partsOf(mail: string): { header: (name: string) => string; body: string } {
  const [head = "", ...rest] = mail.replace(/\r\n/g, "\n").split("\n\n");
  const unfolded = head.replace(/\n[ \t]+/g, " ").split("\n");
  return {
    header: (name) => unfolded.find((line) => line.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1).trim() ?? "",
    body: rest.join("\n\n"),
  };
}
