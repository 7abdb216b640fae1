import { Controls, ReactFlow, useReactFlow, ReactFlowProvider } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo } from "react";
import type { Comparison } from "../../graph/compare";
import type { Model } from "../../graph/model";
import { useLayout } from "../../graph/useLayout";
import { at, type RunPath } from "../../run/read";
import { Loading } from "../Fault/Fault";
import { DecisionCard, NodeCard, SheetCard } from "./cards";
import { begin, FIT, show } from "./begin";
import { edgesOf, nodesOf } from "./elements";
import { LabelledEdge } from "./LabelledEdge";
import { pressedNode } from "./pressed";
import { sheetsOf } from "./sheets";
import "./FlowCanvas.css";

const nodeTypes = { node: NodeCard, sheet: SheetCard, decision: DecisionCard };
const edgeTypes = { labelled: LabelledEdge };

export interface FlowCanvasProps {
  /** The flow, or all flows that the run entered. */
  flows: { key: string; name: string; version: number; model: Model; href?: string }[];
  /** The first flow is two versions in one. */
  comparison?: Comparison;
  /** The node that is looked at, where there is no run. */
  picked?: string | undefined;
  run?: RunPath;
  /** The step that is looked at. */
  step?: number;
  /** What came of the run, in words. */
  decision?: { title: string; bad: boolean };
  onPick?: (sheet: string, node: string) => void;
}

export function FlowCanvas(props: FlowCanvasProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ flows, run, step, decision, comparison, picked, onPick }: FlowCanvasProps) {
  const drawn = useMemo(() => sheetsOf(flows, run, decision), [flows, run, decision]);
  const placed = useLayout(drawn.sheets);
  const here = run && step !== undefined ? run.steps[step] : undefined;
  const nodes = useMemo(() => placed && nodesOf(drawn, placed, { run, step, comparison, picked }), [drawn, placed, run, step, comparison, picked]);
  const edges = useMemo(() => edgesOf(drawn, { run, step, comparison }), [drawn, run, step, comparison]);
  const focus = here?.sheet && here.node !== undefined ? at(here.sheet, here.node) : picked !== undefined && flows[0] ? at(flows[0].key, picked) : undefined;
  if (!nodes) return <Loading />;
  const pick = (data: unknown) => {
    const { sheet, id } = (data ?? {}) as { sheet?: string; id?: string };
    if (sheet !== undefined && id !== undefined) onPick?.(sheet, id);
  };
  return (
    <div
      className="canvas"
      role="group"
      aria-label={run ? "The run, drawn on its flows" : comparison ? "Both versions of the flow" : "The flow"}
      onKeyDown={(event) => {
        const pressed = event.key === "Enter" ? pressedNode(event.target) : undefined;
        if (pressed !== undefined) pick(nodes.find((node) => node.id === pressed)?.data);
      }}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onInit={(flow) => void begin(flow, focus)}
        fitViewOptions={FIT}
        minZoom={0.08}
        maxZoom={1.6}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        nodesFocusable={Boolean(onPick)}
        elementsSelectable={Boolean(onPick)}
        onlyRenderVisibleElements={nodes.length > 300}
        onNodeClick={(_, node) => pick(node.data)}
        zoomOnScroll={false}
        panOnScroll
        preventScrolling
      >
        <Controls showInteractive={false} position="bottom-right" />
        <Follow focus={focus} />
      </ReactFlow>
    </div>
  );
}

/** Brings the node of the step into view, if it is outside. */
function Follow({ focus }: { focus: string | undefined }) {
  const flow = useReactFlow();
  useEffect(() => {
    if (focus) show(flow, focus, matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250);
  }, [flow, focus]);
  return null;
}
