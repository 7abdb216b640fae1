import { useMutation, useQuery } from "@tanstack/react-query";
import { type RefObject, useCallback, useMemo, useRef, useState } from "react";
import { ApiError, type Schemas } from "../../api/client";
import { rawMail, recentMail, tryFlow } from "../../api/editing";
import type { FlowDocument, RunTrace } from "../../api/queries";
import { useMay } from "../../app/session";
import { Refusal } from "../../components/Refusal/Refusal";
import { RunOnFlows } from "../../components/RunOnFlows/RunOnFlows";
import { type Answer, type Answers, type Given, givenOf, withAnswer } from "../../edit/answers";
import type { FlowValue } from "../../edit/flow";
import { AnswersForm, leadTo } from "./AnswersForm";
import { SaveCase } from "./SaveCase";
import { useCalled } from "./useCalled";

const NONE: Schemas["Problem"][] = [];
const SAMPLE = "From: Ana Sousa <ana@customer.example>\nTo: care@example.com\nSubject: A question\n\nHello,\n\nwhen are you open?\n";

/** What a flow is tried on. */
export interface TrialInput {
  mail: string;
  /** A mail that came as bytes is tried as these bytes, unless somebody edits its text. */
  bytes?: Uint8Array;
  answers: Answers;
  /** Answers that were typed, by data action and kind: whoever looks at what a failure does finds the outputs again. */
  typed: Answers;
}

interface Props {
  id: string;
  flow: FlowValue;
  /** Whether the flow is not as the text is now. */
  stale: boolean;
  /** What it was last tried on: it outlasts a look at the graph. */
  last: RefObject<TrialInput | undefined>;
}

/** The flow as it is edited, tried on a mail: pasted, from a file, or one that came in. Nothing is stored, nothing is sent. */
export default function Trial({ id, flow, stale, last }: Props) {
  const [{ mail, bytes, answers, typed }, setInput] = useState<TrialInput>(() => last.current ?? { mail: SAMPLE, answers: {}, typed: {} });
  const put = (next: TrialInput) => {
    last.current = next;
    setInput(next);
  };
  const take = (came: Uint8Array) => put({ mail: readable(came), bytes: came, answers, typed });
  const answer = (name: string, given: Answer | undefined) =>
    put({ mail, ...(bytes && { bytes }), answers: withAnswer(answers, name, given), typed: given ? withAnswer(typed, keyOf(name, given.kind), given) : typed });
  const called = useCalled(flow);
  const [broken, setBroken] = useState<readonly string[]>([]);
  const onBroken = useCallback((name: string, is: boolean) => setBroken((before) => (before.includes(name) === is ? before : is ? [...before, name] : before.filter((one) => one !== name))), []);
  const [step, setStep] = useState<number>();
  const [saving, setSaving] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const seesMail = useMay("email:read");
  const recent = useQuery({ ...recentMail(undefined), enabled: seesMail });
  const trying = useMutation({
    mutationFn: async (what: Pick<TrialInput, "mail" | "bytes"> & { flow: FlowValue; answers: Given[] }) => {
      const tried = await tryFlow(id, { message: what.bytes ?? what.mail, document: what.flow, answers: what.answers });
      return { ...what, at: new Date().toISOString().replace(/\.\d+/, ""), tried };
    },
    onMutate: () => {
      setStep(undefined);
      setSaving(false);
    },
  });
  // What another mail came to says nothing of the one that is in the box now.
  const other = trying.data !== undefined && (trying.data.mail !== mail || trying.data.bytes !== bytes);
  const came = other ? undefined : trying.data;
  // An answer of what the flow calls no more is kept, in case it calls it again, and not given.
  const wanted = Object.fromEntries(Object.entries(answers).filter(([name]) => called?.some((one) => one.name === name)));
  const problems = trying.error instanceof ApiError ? trying.error.problems.filter((one) => one.path?.startsWith("answers[")) : NONE;
  const fetching = useMutation({ mutationFn: rawMail, onSuccess: take });
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
                if (chosen) void chosen.arrayBuffer().then((came) => take(new Uint8Array(came)));
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
          <textarea className="input mono" aria-label="The mail, header and body" spellCheck={false} value={mail} onChange={(event) => put({ mail: event.target.value, answers, typed })} />
          <div className="row">
            <button className="button primary" disabled={trying.isPending || mail.trim() === "" || broken.length > 0} onClick={() => trying.mutate({ mail, ...(bytes && { bytes }), flow, answers: givenOf(wanted) })}>
              Try it
            </button>
            {came && (
              <button className="button" aria-expanded={saving} onClick={() => setSaving(!saving)}>
                Save as a test…
              </button>
            )}
            <span role="status" className="muted">
              {came ? ((came.tried.unanswered ?? []).length > 0 ? "Not decided: an answer is missing" : `Decided: ${decided(came.tried)}`) : other ? "The mail is another one now: try it again" : ""}
            </span>
          </div>
          {stale && <p className="refusal">The YAML can't be read or shown as it is: what is tried is the flow as it was before.</p>}
          {(trying.error ?? fetching.error) && <Refusal error={(trying.error ?? fetching.error) as Error} leave={(one) => problems.includes(one)} />}
        </div>
      </section>
      {called && called.length > 0 && <AnswersForm called={called} answers={wanted} problems={problems} typed={(name, kind) => typed[keyOf(name, kind)]} onChange={answer} onBroken={onBroken} />}
      {came && saving && <SaveCase key={came.at} id={id} {...came} />}
      {came && <Came tried={came.tried} flow={came.flow} step={step} onStep={setStep} />}
    </>
  );
}

const keyOf = (name: string, kind: Answer["kind"]) => `${kind} ${name}`;

/** Bytes as text to look at: what is no UTF-8 is read as the old mails are that are written so. */
export function readable(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

interface CameProps {
  tried: Schemas["Tried"];
  /** As it was tried: later edits do not redraw the run. */
  flow: FlowValue;
  step: number | undefined;
  onStep: (step: number) => void;
}

function Came({ tried, flow, step, onStep }: CameProps) {
  const own = useMemo(() => ({ flowId: tried.flowId, document: flow as FlowDocument }), [tried, flow]);
  return (
    <>
      {(tried.sends ?? []).length > 0 && (
        <section className="panel" aria-label="What would be sent">
          <ul className="trial-sends">
            {tried.sends?.map((one, place) => (
              <li key={place}>
                would {one.heldBy ? "not send" : "send"} a {one.kind}{" "}
                {Array.isArray(one.to) ? `to ${one.to.join(", ")}` : ""}
                {one.heldBy ? `: ${one.heldBy.reason}` : ""}
              </li>
            ))}
          </ul>
        </section>
      )}
      <Unanswered names={[...new Set((tried.unanswered ?? []).map((one) => one.dataAction))]} />
      <RunOnFlows trace={tried.trace as RunTrace} step={step} onStep={onStep} own={own} />
    </>
  );
}

/** Data actions that the run asked for an answer that nobody gave, each with the way to its form. */
function Unanswered({ names }: { names: string[] }) {
  const reads = useMay("routing:read");
  return names.map((name) => (
    <div key={name} className="refusal" role="alert">
      <p>
        <strong>The run stopped at {name}: it has no answer.</strong> What the flow decides is not known.
      </p>
      {reads ? (
        <p>
          <button className="button" onClick={() => leadTo(name)}>
            Answer for {name}
          </button>
        </p>
      ) : (
        <p>Giving answers needs the scope routing:read.</p>
      )}
    </div>
  ));
}

function decided({ decision }: Schemas["Tried"]): string {
  return [decision.kind, decision.queue?.name, decision.priority ? `priority ${decision.priority}` : ""].filter(Boolean).join(" ");
}
