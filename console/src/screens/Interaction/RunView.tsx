import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import * as queries from "../../api/queries";
import { Fault, Loading } from "../../components/Fault/Fault";
import { RunOnFlows } from "../../components/RunOnFlows/RunOnFlows";

/** A run on the flows of the versions that it used, with its steps beside it. The run and the step are in the address. */
export default function RunView({ interaction }: { interaction: queries.Interaction }) {
  const traces = useQuery({ ...queries.trace(interaction.id, interaction.runs?.length ?? 0), enabled: !interaction.erased });
  const [search, setSearch] = useSearchParams();
  const runs = traces.data?.runs ?? [];
  const number = Number(search.get("run")) || (runs.at(-1)?.number ?? 0);
  const run = runs.find((one) => one.number === number);
  if (interaction.erased) return <div className="panel empty">The trace was erased.</div>;
  if (traces.error) return <Fault error={traces.error} retry={() => void traces.refetch()} />;
  if (!traces.data) return <Loading />;
  if (runs.length === 0) return <div className="panel empty">No run has ended yet. This page looks again by itself.</div>;
  if (!run) return <div className="panel empty">There is no run {number}.</div>;
  return (
    <>
      <div className="run-bar">
        {runs.length > 1 && (
          <select className="input" aria-label="Run" value={number} onChange={(event) => setSearch({ run: event.target.value })}>
            {runs.map((one) => (
              <option key={one.number} value={one.number}>
                Run {one.number} of {runs.length}
                {one.rerunBy ? `, asked for by ${one.rerunBy}` : ""}
              </option>
            ))}
          </select>
        )}
        <span className="muted">
          {new Date(run.startedAt).toLocaleString()}, took {took(run.durationUs)}
        </span>
      </div>
      {run.trace ? <Drawn key={run.number} trace={run.trace as queries.RunTrace} /> : <div className="panel empty">The trace of this run is not kept any more.</div>}
    </>
  );
}

function Drawn({ trace }: { trace: queries.RunTrace }) {
  const [search, setSearch] = useSearchParams();
  const asked = Number(search.get("step"));
  const onStep = (to: number) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        after.set("step", String(to + 1));
        return after;
      },
      { replace: true },
    );
  return <RunOnFlows trace={trace} step={search.has("step") && Number.isInteger(asked) ? asked - 1 : undefined} onStep={onStep} />;
}

export function took(microseconds: number): string {
  if (microseconds < 1000) return `${microseconds} µs`;
  if (microseconds < 1_000_000) return `${(microseconds / 1000).toFixed(1)} ms`;
  return `${(microseconds / 1_000_000).toFixed(1)} s`;
}
