import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "wouter";
import * as queries from "../../api/queries";
import { useMay } from "../../app/session";
import { Fault, Loading } from "../../components/Fault/Fault";
import { FlowCanvas } from "../../components/FlowCanvas/FlowCanvas";
import { LoopStrip } from "../../components/LoopStrip/LoopStrip";
import { StepList } from "../../components/StepList/StepList";
import { Values } from "../../components/Values/Values";
import { modelOf } from "../../graph/model";
import { describe } from "../../run/describe";
import { loopsAt, loopsOf } from "../../run/loops";
import { readRun } from "../../run/read";

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
  const path = useMemo(() => readRun(trace), [trace]);
  const loops = useMemo(() => loopsOf(path), [path]);
  const seesFlows = useMay("flow:read");
  const last = path.steps.length - 1;
  const asked = search.has("step") ? Number(search.get("step")) : last + 1;
  const step = Number.isInteger(asked) ? Math.min(last, Math.max(0, asked - 1)) : last;
  const documents = useQueries({
    queries: path.entered.map((one) => ({ ...queries.flowDocument(one.flowId, one.version), enabled: seesFlows && one.version > 0 })),
    combine: (all) => ({ data: all.map((one) => one.data), error: all.find((one) => one.error)?.error ?? null, pending: all.some((one) => one.isLoading) }),
  });
  const flows = useMemo(
    () =>
      path.entered.flatMap((one, place) => {
        const document = documents.data[place];
        return document ? [{ ...one, model: modelOf(document), href: `/flows/${one.flowId}?version=${one.version}` }] : [];
      }),
    [path, documents.data],
  );
  const ending = path.steps.at(-1)?.event;
  const decision = useMemo(() => (ending?.event === "decision" ? { title: describe(ending).title, bad: ending.error != null || ending.kind === "unrouted" } : undefined), [ending]);
  const onStep = (to: number) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        after.set("step", String(to + 1));
        return after;
      },
      { replace: true },
    );
  const onPick = (sheet: string, node: string) => {
    const first = path.visited.get(`${sheet}/${node}`);
    if (first !== undefined) onStep(first);
  };
  return (
    <div className="panel run">
      <div className="run-side">
        <LoopStrip loops={loopsAt(loops, step)} step={step} onStep={onStep} />
        <StepList run={path} step={step} onStep={onStep} />
        <Values run={path} step={step} />
      </div>
      <div className="run-canvas">
        {!seesFlows ? (
          <div className="empty">Drawing the run on its flows needs the scope flow:read.</div>
        ) : documents.error ? (
          <Fault error={documents.error} />
        ) : documents.pending ? (
          <Loading />
        ) : flows.length === 0 ? (
          <div className="empty">No flow ran: the route leads straight to a queue.</div>
        ) : (
          <FlowCanvas flows={flows} run={path} step={step} {...(decision && { decision })} onPick={onPick} />
        )}
      </div>
    </div>
  );
}

export function took(microseconds: number): string {
  if (microseconds < 1000) return `${microseconds} µs`;
  if (microseconds < 1_000_000) return `${(microseconds / 1000).toFixed(1)} ms`;
  return `${(microseconds / 1_000_000).toFixed(1)} s`;
}
