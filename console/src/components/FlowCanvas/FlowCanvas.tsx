import { Controls, ReactFlow, type ReactFlowInstance, useReactFlow, ReactFlowProvider } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo } from "react";
import type { Comparison } from "../../graph/compare";
import type { Model } from "../../graph/model";
import { useLayout } from "../../graph/useLayout";
import { at, type RunPath } from "../../run/read";
import { Loading } from "../Fault/Fault";
import { DecisionCard, NodeCard, SheetCard } from "./cards";
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

const FIT = { padding: 0.05, maxZoom: 1 };

/** Below this zoom nothing can be read: the step that is looked at, or the beginning, is shown instead of all. */
const LEGIBLE = 0.4;

async function begin(flow: ReactFlowInstance, focus: string | undefined) {
  await flow.fitView(FIT);
  if (flow.getZoom() >= LEGIBLE) return;
  await flow.setViewport({ x: 14, y: 14, zoom: 0.62 });
  if (focus) show(flow, focus, 0);
}

/** Brings the node of the step into view, if it is outside. */
function Follow({ focus }: { focus: string | undefined }) {
  const flow = useReactFlow();
  useEffect(() => {
    if (focus) show(flow, focus, matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250);
  }, [flow, focus]);
  return null;
}

function show(flow: ReactFlowInstance, focus: string, duration: number) {
  const node = flow.getInternalNode(focus);
  const canvas = document.querySelector(".canvas .react-flow");
  if (!node || !canvas) return;
  const { x, y, zoom } = flow.getViewport();
  const { width, height } = canvas.getBoundingClientRect();
  const at = node.internals.positionAbsolute;
  const [left, top] = [at.x * zoom + x, at.y * zoom + y];
  const [right, bottom] = [left + (node.measured.width ?? 0) * zoom, top + (node.measured.height ?? 0) * zoom];
  if (left >= 0 && top >= 0 && right <= width && bottom <= height) return;
  void flow.setCenter(at.x + (node.measured.width ?? 0) / 2, at.y + (node.measured.height ?? 0) / 2, { zoom: Math.max(zoom, 0.6), duration });
}

