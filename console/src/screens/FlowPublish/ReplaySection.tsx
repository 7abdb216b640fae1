import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { replay, replayTraces, startReplay } from "../../api/editing";
import type { RunTrace } from "../../api/queries";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Refusal } from "../../components/Refusal/Refusal";
import { Runs, said } from "./Runs";

const COUNTS = [100, 1000, 10_000];

/** Recent mail through the flows as they would be: which decisions would change, and both runs of each side by side. */
export function ReplaySection({ members }: { members: Schemas["ChangeSetFlow"][] }) {
  const [count, setCount] = useState(COUNTS[0] ?? 100);
  const [look, setLook] = useState<string>();
  const starting = useMutation({ mutationFn: () => startReplay(members, count), onMutate: () => setLook(undefined) });
  const id = starting.data?.id;
  const found = useQuery(replay(id)).data;
  const report = found?.report;
  return (
    <section className="panel" aria-label="Replay">
      <header>
        <h2>What would be decided differently?</h2>
        <span className="tools">
          <select className="input short" aria-label="How many mails" value={count} onChange={(event) => setCount(Number(event.target.value))}>
            {COUNTS.map((one) => (
              <option key={one} value={one}>
                the newest {one.toLocaleString("en")} mails
              </option>
            ))}
          </select>
          <button type="button" className="button" disabled={starting.isPending || (id !== undefined && found?.state !== "done" && found?.state !== "failed")} onClick={() => starting.mutate()}>
            Replay
          </button>
        </span>
      </header>
      {starting.error && <Refusal error={starting.error} />}
      {id !== undefined && (
        <div className="replay">
          <p role="status">
            {report?.failed
              ? `The replay failed: ${report.failed}`
              : report
                ? `${report.replayed} mails: ${report.changed} would be decided differently, ${report.same} the same, ${report.unknown} not known. Nothing was sent.`
                : `Replaying… ${found?.progress ? `${found.progress.replayed} mails so far` : ""}`}
          </p>
          {(report?.moves ?? []).length > 0 && (
            <ul className="replay-moves">
              {report?.moves?.map((one) => (
                <li key={`${one.from} ${one.to}`}>
                  <b>{one.count}</b> {one.from} → {one.to}
                </li>
              ))}
            </ul>
          )}
          {(found?.changes ?? []).length > 0 && (
            <ul className="replay-changes">
              {found?.changes?.map((one) => (
                <li key={one.interactionId}>
                  <button type="button" className="link" aria-expanded={look === one.interactionId} onClick={() => setLook(look === one.interactionId ? undefined : one.interactionId)}>
                    {one.subject || "(no subject)"}: {said(one.before)} → {said(one.after)}
                  </button>
                  {look === one.interactionId && <Both replayId={id} change={one} />}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </section>
  );
}

function Both({ replayId, change }: { replayId: string; change: Schemas["ReplayChange"] }) {
  const traces = useQuery(replayTraces(replayId, change.interactionId));
  if (traces.error) return <Fault error={traces.error} />;
  if (!traces.data) return <Loading />;
  return <Runs before={traces.data.before as RunTrace | null} after={traces.data.after as RunTrace | null} begin={change.parts?.event ?? 0} titles={["As it was decided", "As it would be"]} />;
}
