import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Schemas } from "../../api/client";
import { tryFlow } from "../../api/editing";
import { Fault } from "../../components/Fault/Fault";
import { answersLike, askedOf, type Given, textsIn } from "../../edit/answers";
import { caseOf, decisionOf, sameDecision } from "../../edit/case";
import type { FlowValue } from "../../edit/flow";
import { readMail, writeMail } from "../../edit/mail";
import { alsoReplace, type Detail, detailsOf, exampleOf, KINDS, replacer, withExamples } from "../../edit/personal";

/** Of so many details it is tried which one the decision depends on. */
const MOST_TRIED = 30;

interface Props {
  id: string;
  mail: string;
  flow: FlowValue;
  /** What data actions answered. */
  answers: Given[];
  /** When it was tried. */
  at: string;
  tried: Schemas["Tried"];
}

/** What was tried, as a case of a test file: with examples in the place of personal details, as far as it is decided the same. */
export function SaveCase({ id, mail: raw, flow, answers, at, tried }: Props) {
  const { mail, left } = useMemo(() => readMail(raw), [raw]);
  const asked = useMemo(() => askedOf(answers, tried.unasked), [answers, tried]);
  const [details, setDetails] = useState<Detail[]>(() => detailsOf(mail, JSON.stringify(flow), asked.flatMap((one) => textsIn(one.output ?? one.error))));
  const [kept, setKept] = useState<ReadonlySet<Detail>>(() => new Set(details.filter((one) => one.inFlow)));
  const [also, setAlso] = useState("");
  const chosen = useMemo(() => details.filter((one) => !kept.has(one)), [details, kept]);
  const made = useMemo(() => withExamples(mail, chosen), [mail, chosen]);
  const given = useMemo(() => answersLike(asked, replacer(chosen)), [asked, chosen]);
  // What is saved was run: the case passes.
  const check = useQuery({
    queryKey: ["case", id, at, chosen],
    queryFn: async ({ signal }) => {
      const run = (of: readonly Detail[]) => tryFlow(id, { message: writeMail(withExamples(mail, of)), document: flow, answers: answersLike(asked, replacer(of)), receivedAt: at }, signal);
      const same = (is: Schemas["Tried"], of: readonly Detail[]) => sameDecision(tried, is, replacer(of));
      const is = await run(chosen);
      if (same(is, chosen)) return { is, same: true, matter: [], bare: false };
      // A case has less than the mail: without attachments it may be another mail.
      if (!same(await run([]), [])) return { is, same: false, matter: [], bare: true };
      const matter: Detail[] = [];
      for (const one of chosen.slice(0, MOST_TRIED)) if (!same(await run([one]), [one])) matter.push(one);
      return { is, same: false, matter, bare: false };
    },
    staleTime: Infinity,
    gcTime: 0,
  });
  const keep = (some: readonly Detail[], keeps: boolean) => setKept(new Set(keeps ? [...kept, ...some] : [...kept].filter((one) => !some.includes(one))));
  // A test of such a flow needs answers that nobody gave: it would fail.
  const unanswered = [...new Set((tried.unanswered ?? []).map((one) => one.dataAction))];
  const text = unanswered.length === 0 && check.data && caseOf(String(flow.name ?? ""), made, at, given, check.data.is);
  return (
    <section className="panel" aria-label="Save as a test">
      <header>
        <h2>Save as a test</h2>
        <span className="tools">
          {typeof text === "string" && (
            <a className="button primary" download="tried.test.yaml" href={`data:application/yaml;charset=utf-8,${encodeURIComponent(text)}`}>
              Save tried.test.yaml
            </a>
          )}
        </span>
      </header>
      <div className="save-case">
        <fieldset className="plain">
          <legend>Replace personal details</legend>
          {details.length === 0 && <p className="muted">None were found.</p>}
          <ul className="details">
            {details.map((one) => (
              <li key={`${one.kind} ${one.found}`}>
                <label>
                  <input type="checkbox" checked={!kept.has(one)} onChange={(event) => keep([one], !event.target.checked)} />
                  <span>
                    <span className="muted">{KINDS[one.kind]}</span> <code>{one.found}</code> {kept.has(one) ? <span className="muted">stays{one.inFlow && ": the flow says it"}</span> : <>→ <code>{exampleOf(one, chosen)}</code></>}
                  </span>
                </label>
              </li>
            ))}
          </ul>
          <form
            className="row"
            onSubmit={(event) => {
              event.preventDefault();
              const found = also.trim();
              if (found && !details.some((one) => one.found === found)) setDetails([...details, alsoReplace(found, details.filter((one) => one.kind === "text").length)]);
              setAlso("");
            }}
          >
            <input className="input" aria-label="Also replace" placeholder="Also replace…" value={also} onChange={(event) => setAlso(event.target.value)} />
            <button className="button" disabled={also.trim() === ""}>
              Add
            </button>
          </form>
          <p className="form-help">Names that are only in the text are not found: read the case before you save it.</p>
        </fieldset>
        <div className="save-case-preview">
          <div role="status">{check.isPending ? <p className="muted">Trying it with the examples…</p> : check.data && <Outcome {...check.data} was={tried} keep={(some) => keep(some, true)} />}</div>
          {check.error && <Fault error={check.error} retry={() => void check.refetch()} />}
          {unanswered.length > 0 && <p className="refusal">This test would not pass: {unanswered.join(", ")} {unanswered.length === 1 ? "has" : "have"} no answer. Give one above, and try it again.</p>}
          {left.length > 0 && <p className="muted">A case leaves out: {left.join(", ")}.</p>}
          <pre tabIndex={0} role="region" aria-label="The case">
            {text || caseOf(String(flow.name ?? ""), made, at, given, tried)}
          </pre>
        </div>
      </div>
    </section>
  );
}

interface OutcomeProps {
  was: Schemas["Tried"];
  is: Schemas["Tried"];
  same: boolean;
  /** Details without which it is decided differently. */
  matter: Detail[];
  /** Whether it is decided differently with every detail as it was. */
  bare: boolean;
  keep: (some: Detail[]) => void;
}

function Outcome({ was, is, same, matter, bare, keep }: OutcomeProps) {
  if (same) return <p>Decided the same: {inWords(is)}.</p>;
  return (
    <div className="refusal">
      <p>
        <strong>
          Decided differently: {inWords(is)} instead of {inWords(was)}.
        </strong>
      </p>
      {bare ? (
        <p>It is not about the examples: a case has fewer parts than the mail, and the decision depends on one that is missing.</p>
      ) : matter.length > 0 ? (
        <>
          <p>
            The decision depends on{" "}
            {matter.map((one, place) => (
              <span key={one.found}>
                {place > 0 && ", "}
                <code>{one.found}</code>
              </span>
            ))}
            .
          </p>
          <p>
            <button className="button" onClick={() => keep(matter)}>
              Keep {matter.length === 1 ? "it" : "them"}
            </button>
          </p>
        </>
      ) : (
        <p>It depends on several details together: keep some of them.</p>
      )}
    </div>
  );
}

const inWords = (tried: Schemas["Tried"]) => {
  const { decision, queue, addresses, ...more } = decisionOf(tried);
  return [decision, queue, addresses && (addresses as string[]).join(", "), ...Object.entries(more).map(([name, value]) => `${name} ${String(value)}`)].filter(Boolean).join(" ");
};
