import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { findWitness } from "../../api/editing";
import type { RunTrace } from "../../api/queries";
import { Refusal } from "../../components/Refusal/Refusal";
import { Runs, said } from "./Runs";

const SECONDS = [5, 10, 30];

/** A mail, made up, that what is published and what would be decide differently: shown with both runs, to be kept as a file. */
export function WitnessSection({ name, members }: { name: string; members: Schemas["ChangeSetFlow"][] }) {
  const [seconds, setSeconds] = useState(10);
  const stop = useRef<AbortController>(undefined);
  const searching = useMutation({
    mutationFn: () => {
      stop.current = new AbortController();
      return findWitness(members, seconds, stop.current.signal);
    },
  });
  useEffect(() => () => stop.current?.abort(), []);
  const end = () => {
    stop.current?.abort();
    searching.reset();
  };
  const found = searching.data;
  return (
    <section className="panel" aria-label="A mail that shows it">
      <header>
        <h2>Is there a mail that shows it?</h2>
        <span className="tools">
          <select className="input short" aria-label="How long to search" value={seconds} disabled={searching.isPending} onChange={(event) => setSeconds(Number(event.target.value))}>
            {SECONDS.map((one) => (
              <option key={one} value={one}>
                up to {one} s
              </option>
            ))}
          </select>
          {searching.isPending ? (
            <button type="button" className="button" onClick={end}>
              Stop
            </button>
          ) : (
            <button type="button" className="button" onClick={() => searching.mutate()}>
              Search
            </button>
          )}
        </span>
      </header>
      {searching.error && <Refusal error={searching.error} />}
      {(searching.isPending || found) && (
        <div className="witness">
          <p role="status">{found ? outcome(found) : `Searching for up to ${seconds} s…`}</p>
          {found && (found.tablesInPart ?? []).length > 0 && <p className="muted">Only the first rows of {found.tablesInPart?.join(", ")} were used: the table is too large.</p>}
          {found?.witness && <Found witness={found.witness} named={`${name} ${String(members[0]?.version)} witness`} />}
        </div>
      )}
    </section>
  );
}

function outcome({ witness, tries, milliseconds }: Schemas["WitnessSearch"]): string {
  const tried = `${tries.toLocaleString("en")} ${tries === 1 ? "mail" : "mails"} in ${(milliseconds / 1000).toFixed(1)} s`;
  if (witness) return `Found after ${tried}: this mail would be decided differently. It is made up, and was not sent.`;
  if (tries === 0) return "Nothing to search for: the flows mean the same.";
  return `None found after ${tried}. That does not prove that there is none.`;
}

function Found({ witness, named }: { witness: Schemas["Witness"]; named: string }) {
  const { before, after, differs, mail, needsTest, route, flow, test, parts } = witness;
  // Of several searches each has files of its own.
  const name = named.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return (
    <>
      <dl className="facts witness-facts">
        <dt>Comes in</dt>
        <dd>{route ? `for ${route}` : `to the flow ${flow}, to which no route leads`}</dd>
        <dt>Decided now</dt>
        <dd>{before ? decided(before) : "not at all: nothing is published"}</dd>
        <dt>Would be</dt>
        <dd>{after ? decided(after) : "not at all"}</dd>
        {differs.length > 0 && (
          <>
            <dt>Differs in</dt>
            <dd>
              {differs.map((line) => (
                <div key={line}>{line.replaceAll("`", "")}</div>
              ))}
            </dd>
          </>
        )}
      </dl>
      <pre className="witness-mail" tabIndex={0} role="region" aria-label="The mail">
        {mail.replaceAll("\r", "")}
      </pre>
      <p className="tools">
        <a className="button" download={`${name}.eml`} href={`data:message/rfc822;charset=utf-8,${encodeURIComponent(mail)}`}>
          Save as .eml
        </a>
        <a className="button" download={`${name}.test.yaml`} href={`data:application/yaml;charset=utf-8,${encodeURIComponent(test.replaceAll("witness.eml", `${name}.eml`))}`}>
          Save as a test
        </a>
        <span className="muted">
          The test reads the mail from <code>{name}.eml</code>: save both into one folder.
        </span>
        {needsTest && <span className="muted">The mail alone does not show it: the test has the time, sender or answers that it needs.</span>}
      </p>
      <Runs before={before?.trace as RunTrace | undefined} after={after?.trace as RunTrace | undefined} begin={parts?.event ?? 0} titles={["This mail as it is decided now", "This mail as it would be decided"]} />
    </>
  );
}

const decided = ({ observed }: Schemas["WitnessRun"]) => said({ ...observed, kind: observed.decision });
