import { Document } from "yaml";
import type { Schemas } from "../api/client";
import type { Given } from "./answers";
import type { CaseMail } from "./mail";
import { equal } from "./value";

export type Tried = Pick<Schemas["Tried"], "decision" | "attributes">;

/** A case of a test file: a flow, the mail that it was tried on, when, what data actions answered, and what came of it. */
export function caseOf(flow: string, mail: CaseMail, at: string, answers: readonly Given[], tried: Tried): string {
  const attributes = tried.attributes ?? {};
  const one = {
    name: mail.subject ? `a mail about ${mail.subject}` : "a mail",
    flow,
    at,
    mail,
    ...(answers.length > 0 && { answers }),
    expect: { ...decisionOf(tried), ...(Object.keys(attributes).length > 0 && { attributes }) },
  };
  return new Document({ tests: [one] }).toString({ lineWidth: 0 });
}

/** A decision in the words of test files. */
export function decisionOf({ decision }: Tried): Record<string, unknown> {
  const { kind, queue, priority, skills, language, addresses, reason } = decision as { kind: string; queue?: { name: string }; priority?: number; skills?: string[]; language?: string; addresses?: string[]; reason?: string };
  return {
    decision: kind,
    // Where unrouted mail stands is the route's to say.
    ...(queue && kind === "queue" && { queue: queue.name }),
    ...(priority ? { priority } : {}),
    ...(skills && skills.length > 0 && { skills }),
    ...(language && { language }),
    ...(addresses && addresses.length > 0 && { addresses }),
    ...(reason && { reason }),
  };
}

/** Whether a mail with examples is decided as the mail itself. What an attribute has of the mail may be an example now. */
export function sameDecision(was: Tried, is: Tried, replace: (text: string) => string): boolean {
  const texts = (value: unknown) => JSON.parse(replace(JSON.stringify(value ?? {}))) as unknown;
  return equal(texts(decisionOf(was)), texts(decisionOf(is))) && equal(texts(was.attributes), texts(is.attributes));
}
