import { Controls, type Edge, MarkerType, type Node, ReactFlow, type ReactFlowInstance, useReactFlow, ReactFlowProvider } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo } from "react";
import { END, type Model } from "../../graph/model";
import { useLayout } from "../../graph/useLayout";
import { at, type RunPath } from "../../run/read";
import { Loading } from "../Fault/Fault";
import { DecisionCard, NodeCard, type NodeCardData, SheetCard, type SheetData } from "./cards";
import { LabelledEdge } from "./LabelledEdge";
import { DECISION_HEIGHT, sheetsOf, type Drawn, WIDTH } from "./sheets";
import "./FlowCanvas.css";

const nodeTypes = { node: NodeCard, sheet: SheetCard, decision: DecisionCard };
const edgeTypes = { labelled: LabelledEdge };

export interface FlowCanvasProps {
  /** The flow, or all flows that the run entered. */
  flows: { key: string; name: string; version: number; model: Model; href?: string }[];
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

function Canvas({ flows, run, step, decision, onPick }: FlowCanvasProps) {
  const drawn = useMemo(() => sheetsOf(flows, run, decision), [flows, run, decision]);
  const placed = useLayout(drawn.sheets);
  const here = run && step !== undefined ? run.steps[step] : undefined;
  const nodes = useMemo(() => placed && nodesOf(drawn, placed, run, step), [drawn, placed, run, step]);
  const edges = useMemo(() => edgesOf(drawn, run, step), [drawn, run, step]);
  const focus = here?.sheet && here.node !== undefined ? at(here.sheet, here.node) : undefined;
  if (!nodes) return <Loading />;
  return (
    <div className="canvas" role="group" aria-label={run ? "The run, drawn on its flows" : "The flow"}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onInit={(flow) => void begin(flow)}
        fitViewOptions={FIT}
        minZoom={0.08}
        maxZoom={1.6}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        nodesFocusable={Boolean(onPick)}
        elementsSelectable={Boolean(onPick)}
        onlyRenderVisibleElements={nodes.length > 300}
        onNodeClick={(_, node) => {
          const { sheet, id } = node.data as { sheet?: string; id?: string };
          if (sheet !== undefined && id !== undefined) onPick?.(sheet, id);
        }}
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

/** Below this zoom nothing can be read: the beginning is shown instead of all. */
const LEGIBLE = 0.4;

async function begin(flow: ReactFlowInstance) {
  await flow.fitView(FIT);
  if (flow.getZoom() < LEGIBLE) await flow.setViewport({ x: 14, y: 14, zoom: 0.62 });
}

/** Brings the node of the step into view, if it is outside. */
function Follow({ focus }: { focus: string | undefined }) {
  const flow = useReactFlow();
  useEffect(() => {
    if (!focus) return;
    const node = flow.getInternalNode(focus);
    const canvas = document.querySelector(".canvas .react-flow");
    if (!node || !canvas) return;
    const { x, y, zoom } = flow.getViewport();
    const { width, height } = canvas.getBoundingClientRect();
    const at = node.internals.positionAbsolute;
    const [left, top] = [at.x * zoom + x, at.y * zoom + y];
    const [right, bottom] = [left + (node.measured.width ?? 0) * zoom, top + (node.measured.height ?? 0) * zoom];
    if (left >= 0 && top >= 0 && right <= width && bottom <= height) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    void flow.setCenter(at.x + (node.measured.width ?? 0) / 2, at.y + (node.measured.height ?? 0) / 2, {
      zoom: Math.max(zoom, 0.6),
      duration: still ? 0 : 250,
    });
  }, [flow, focus]);
  return null;
}

function nodesOf(drawn: Drawn, placed: ReturnType<typeof useLayout> & object, run: RunPath | undefined, step: number | undefined): Node[] {
  const here = run && step !== undefined ? run.steps[step] : undefined;
  const nodes: Node[] = [];
  for (const box of placed) {
    const flow = drawn.flows.get(box.key);
    const sheet = drawn.sheets.find((one) => one.key === box.key);
    if (!flow || !sheet) continue;
    const data: SheetData = { name: flow.name, version: flow.version, ...(flow.href && { href: flow.href }) };
    const fixed = { draggable: false, selectable: false, focusable: false };
    nodes.push({ id: box.key, type: "sheet", position: { x: box.x, y: box.y }, width: box.width, height: box.height, data: data as never, zIndex: 0, ...fixed });
    for (const { id, width, height } of sheet.nodes) {
      const position = box.nodes[id] ?? { x: 0, y: 0 };
      const common = { id: at(box.key, id), parentId: box.key, position, width, height, zIndex: 2 };
      if (drawn.decided?.sheet === box.key && drawn.decided.node === id) {
        const below = { x: position.x, y: position.y + drawn.decided.below };
        common.height = drawn.decided.below - 6;
        nodes.push({ ...common, id: at(box.key, ":decision"), position: below, width: WIDTH, height: DECISION_HEIGHT, type: "decision", data: { ...drawn.decision } as never, ...fixed });
      }
      const written = flow.model.nodes.find((one) => one.id === id);
      if (!written) continue;
      const first = run?.visited.get(at(box.key, id)) ?? (id === END ? endedAt(run, box.key) : undefined);
      const current = here?.sheet === box.key && here.node === id;
      const card: NodeCardData = {
        sheet: box.key,
        id,
        title: written.title,
        actions: run && first === undefined ? [] : written.actions,
        look: !run ? "plain" : first === undefined ? "off" : step !== undefined && first > step ? "ahead" : "lit",
        current,
        failed: run?.failed.has(at(box.key, id)) ?? false,
        ...(current && here.action !== undefined && { action: here.action }),
      };
      const label = `${flow.name}: ${written.title}${run ? (first === undefined ? ", not reached" : ", reached") : ""}`;
      nodes.push({ ...common, type: "node", data: card as never, draggable: false, selectable: id !== END, focusable: id !== END, ariaLabel: label });
    }
  }
  return nodes;
}

const endedAt = (run: RunPath | undefined, sheet: string) =>
  run && [...run.taken].find(([edge]) => edge.startsWith(`${sheet}/`) && edge.endsWith(":end"))?.[1];

function edgesOf(drawn: Drawn, run: RunPath | undefined, step: number | undefined): Edge[] {
  const labelled = new Map<string, number>();
  for (const edge of drawn.edges) if (edge.label) labelled.set(edge.to, (labelled.get(edge.to) ?? 0) + 1);
  const before = new Map<string, number>();
  return drawn.edges.map((edge) => {
    const nth = before.get(edge.to) ?? 0;
    if (edge.label) before.set(edge.to, nth + 1);
    // Several labels before one node stand below each other.
    const lane = nth - ((labelled.get(edge.to) ?? 1) - 1) / 2;
    const key = at(edge.sheet, edge.id);
    const taken = edge.takenAt ?? run?.taken.get(key);
    const look = !run ? "plain" : taken !== undefined ? (step !== undefined && taken > step ? "ahead" : "lit") : run.refused.has(key) ? "refused" : "off";
    const classes = [`edge-${look}`, `edge-${edge.kind}`].join(" ");
    return {
      id: key,
      source: edge.from,
      target: edge.to,
      type: "labelled",
      className: classes,
      zIndex: look === "lit" ? 4 : look === "ahead" ? 3 : 1,
      data: { label: edge.label, look, lane },
      ...(edge.kind === "call" ? { sourceHandle: "call", targetHandle: "called" } : {}),
      markerEnd: { type: MarkerType.ArrowClosed, width: 15, height: 15, color: look === "lit" || look === "ahead" ? "var(--accent)" : "var(--line-strong)" },
      focusable: false,
      selectable: false,
    };
  });
}
