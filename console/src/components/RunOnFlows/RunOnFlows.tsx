import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import * as queries from "../../api/queries";
import { useMay } from "../../app/session";
import { modelOf } from "../../graph/model";
import { describe } from "../../run/describe";
import { loopsAt, loopsOf } from "../../run/loops";
import { readRun } from "../../run/read";
import { Fault, Loading } from "../Fault/Fault";
import { FlowCanvas } from "../FlowCanvas/FlowCanvas";
import { LoopStrip } from "../LoopStrip/LoopStrip";
import { useKeys } from "../Shortcuts/keys";
import { StepList } from "../StepList/StepList";
import { Values } from "../Values/Values";
import "./RunOnFlows.css";

interface Props {
  trace: queries.RunTrace;
  /** The step that is looked at; the last one unless told. */
  step: number | undefined;
  onStep: (step: number) => void;
  /** A flow as it is while it is edited. */
  own?: { flowId: string; document: queries.FlowDocument };
}

/** A run on the flows of the versions that it used, with its steps beside it. */
export function RunOnFlows({ trace, step: asked, onStep, own }: Props) {
  const path = useMemo(() => readRun(trace), [trace]);
  const loops = useMemo(() => loopsOf(path), [path]);
  const seesFlows = useMay("flow:read");
  const last = path.steps.length - 1;
  const step = asked === undefined ? last : Math.min(last, Math.max(0, asked));
  // Wherever the focus is: in the list of steps, the same keys do the same.
  useKeys("Run", [
    { keys: "j", label: "Next step", run: () => onStep(Math.min(last, step + 1)) },
    { keys: "k", label: "Previous step", run: () => onStep(Math.max(0, step - 1)) },
  ]);
  const documents = useQueries({
    queries: path.entered.map((one) => ({ ...queries.flowDocument(one.flowId, one.version), enabled: seesFlows && one.version > 0 && one.flowId !== own?.flowId })),
    combine: (all) => ({ data: all.map((one) => one.data), error: all.find((one) => one.error)?.error ?? null, pending: all.some((one) => one.isLoading) }),
  });
  const flows = useMemo(
    () =>
      path.entered.flatMap((one, place) => {
        const document = one.flowId === own?.flowId ? own.document : documents.data[place];
        return document ? [{ ...one, model: modelOf(document), ...(one.flowId !== own?.flowId && { href: `/flows/${one.flowId}?version=${one.version}` }) }] : [];
      }),
    [path, documents.data, own],
  );
  const ending = path.steps.at(-1)?.event;
  const decision = useMemo(() => (ending?.event === "decision" ? { title: describe(ending).title, bad: ending.error != null || ending.kind === "unrouted" } : undefined), [ending]);
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
