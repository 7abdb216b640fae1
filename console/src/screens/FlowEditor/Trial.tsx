import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { rawMail, recentMail, tryFlow } from "../../api/editing";
import type { FlowDocument, RunTrace } from "../../api/queries";
import { useMay } from "../../app/session";
import { Refusal } from "../../components/Refusal/Refusal";
import { RunOnFlows } from "../../components/RunOnFlows/RunOnFlows";
import type { FlowValue } from "../../edit/flow";
import { caseOf } from "../../edit/case";

const SAMPLE = "From: Ana Sousa <ana@customer.example>\nTo: care@example.com\nSubject: A question\n\nHello,\n\nwhen are you open?\n";

/** The flow as it is edited, tried on a mail: pasted, from a file, or one that came in. Nothing is stored, nothing is sent. */
export default function Trial({ id, flow }: { id: string; flow: FlowValue }) {
  const [mail, setMail] = useState(SAMPLE);
  const [step, setStep] = useState<number>();
  const file = useRef<HTMLInputElement>(null);
  const seesMail = useMay("email:read");
  const recent = useQuery({ ...recentMail(undefined), enabled: seesMail });
  const trying = useMutation({ mutationFn: () => tryFlow(id, crlf(mail), flow), onMutate: () => setStep(undefined) });
  const fetching = useMutation({ mutationFn: rawMail, onSuccess: setMail });
  return (
    <>
      <section className="panel" aria-label="The mail">
        <div className="trial-mail">
          <div className="row">
            <button className="button" onClick={() => file.current?.click()}>
              Choose a file
            </button>
            <input
              ref={file}
              type="file"
              hidden
              accept=".eml,message/rfc822,text/plain"
              aria-label="A mail as a file"
              onChange={(event) => {
                const [chosen] = event.target.files ?? [];
                if (chosen) void chosen.text().then(setMail);
                event.target.value = "";
              }}
            />
            {seesMail && (recent.data?.entities ?? []).length > 0 && (
              <select className="input short" aria-label="A mail that came in" value="" onChange={(event) => event.target.value && fetching.mutate(event.target.value)}>
                <option value="">A mail that came in…</option>
                {recent.data?.entities.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.subject || "(no subject)"} · {new Date(one.receivedAt).toLocaleString()}
                  </option>
                ))}
              </select>
            )}
          </div>
          <textarea className="input mono" aria-label="The mail, header and body" spellCheck={false} value={mail} onChange={(event) => setMail(event.target.value)} />
          <div className="row">
            <button className="button primary" disabled={trying.isPending || mail.trim() === ""} onClick={() => trying.mutate()}>
              Try it
            </button>
            {trying.data && (
              <a className="button" download="tried.test.yaml" href={`data:application/yaml;charset=utf-8,${encodeURIComponent(caseOf(String(flow.name ?? ""), mail, trying.data))}`}>
                Save as a test
              </a>
            )}
            <span role="status" className="muted">
              {trying.data ? `Decided: ${decided(trying.data)}` : ""}
            </span>
          </div>
          {(trying.error ?? fetching.error) && <Refusal error={(trying.error ?? fetching.error) as Error} />}
        </div>
      </section>
      {trying.data && <Came tried={trying.data} flow={flow} step={step} onStep={setStep} />}
    </>
  );
}

interface CameProps {
  tried: Schemas["Tried"];
  flow: FlowValue;
  step: number | undefined;
  onStep: (step: number) => void;
}

function Came({ tried, flow, step, onStep }: CameProps) {
  // The flow as it was tried: later edits do not redraw the run.
  const [own] = useState({ flowId: tried.flowId, document: flow as FlowDocument });
  return (
    <>
      {(tried.sends ?? []).length > 0 && (
        <section className="panel" aria-label="What would be sent">
          <ul className="trial-sends">
            {tried.sends?.map((one, place) => (
              <li key={place}>
                would send a {one.kind} {Array.isArray(one.to) ? `to ${one.to.join(", ")}` : ""}
              </li>
            ))}
          </ul>
        </section>
      )}
      {(tried.unanswered ?? []).length > 0 && <p className="refusal">Data actions are not called when a flow is tried: {tried.unanswered?.map((one) => one.dataAction).join(", ")}.</p>}
      <RunOnFlows trace={tried.trace as RunTrace} step={step} onStep={onStep} own={own} />
    </>
  );
}

const crlf = (text: string) => text.replace(/\r?\n/g, "\r\n");

function decided({ decision }: Schemas["Tried"]): string {
  return [decision.kind, decision.queue?.name, decision.priority ? `priority ${decision.priority}` : ""].filter(Boolean).join(" ");
}
