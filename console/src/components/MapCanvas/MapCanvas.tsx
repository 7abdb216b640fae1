import { Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { memo, useCallback, useEffect, useMemo, useRef } from "react";
import type { MapNode, WorldMap } from "../../api/queries";
import { MAP_NODE, type MapPlaced, type MapShape } from "../../graph/layers";
import type { Related } from "../../graph/reach";
import { useMapLayout } from "../../graph/useLayout";
import { Loading } from "../Fault/Fault";
import { pressedNode } from "../FlowCanvas/pressed";
import { Kind } from "../Kind/Kind";
import "../FlowCanvas/FlowCanvas.css";
import "./MapCanvas.css";

interface Props {
  map: Pick<WorldMap, "nodes" | "edges">;
  /** The object that is looked at, and what it is related to. */
  focus?: { key: string; related: Related } | undefined;
  onPick: (key: string) => void;
}

const nodeTypes = { object: memo(ObjectCard), lane: LaneTitle };

/** Everything and who uses what. What a change of one object reaches is lit. */
export function MapCanvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ map, focus, onPick }: Props) {
  const shape = useMemo(() => shapeOf(map), [map]);
  const placed = useMapLayout(shape);
  const nodes = useMemo(() => placed && nodesOf(map.nodes, placed, focus), [map, placed, focus]);
  const edges = useMemo(() => edgesOf(shape, placed, focus), [shape, placed, focus]);
  if (!nodes) return <Loading />;
  return (
    <div
      className="canvas map-canvas"
      role="group"
      aria-label="Map: who uses what"
      onKeyDown={(event) => {
        const key = event.key === "Enter" ? pressedNode(event.target) : undefined;
        if (key !== undefined) onPick(key);
      }}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        fitView
        fitViewOptions={FIT}
        minZoom={0.05}
        maxZoom={1.6}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        onlyRenderVisibleElements={nodes.length > 300}
        onNodeClick={(_, node) => node.type === "object" && onPick(node.id)}
        zoomOnScroll={false}
        panOnScroll
        preventScrolling
      >
        <Controls showInteractive={false} position="bottom-right" />
        <Show placed={placed} focus={focus?.key} />
      </ReactFlow>
    </div>
  );
}

const FIT = { padding: 0.04, maxZoom: 1 };

/** Below this zoom no name can be read. */
const LEGIBLE = 0.4;

/** Shows all of another layout; where that can't be read, what is looked at. */
function Show({ placed, focus }: { placed: MapPlaced | undefined; focus: string | undefined }) {
  const flow = useReactFlow();
  // A phone may be turned.
  const width = useStore((state) => state.width);
  const looked = useRef(focus);
  looked.current = focus;
  const approach = useCallback(() => {
    const at = looked.current === undefined ? undefined : placed?.at[looked.current];
    if (at && flow.getZoom() < LEGIBLE) void flow.setCenter(at.x + MAP_NODE.width / 2, at.y + MAP_NODE.height / 2, { zoom: 0.7, duration: 0 });
  }, [flow, placed]);
  useEffect(() => {
    // After the nodes of the new layout are there.
    const waiting = requestAnimationFrame(() => void flow.fitView(FIT).then(approach));
    return () => cancelAnimationFrame(waiting);
  }, [flow, approach, width]);
  useEffect(approach, [approach, focus]);
  return null;
}

/** One edge for all uses of one object by another. */
export function shapeOf({ nodes, edges }: Pick<WorldMap, "nodes" | "edges">): MapShape {
  const known = new Set(nodes.map((node) => node.key));
  const pairs = new Map(edges.filter(({ from, to }) => from !== to && known.has(from) && known.has(to)).map(({ from, to }) => [`${from} ${to}`, { from, to }]));
  return { nodes: nodes.map(({ key, kind }) => ({ key, kind })), edges: [...pairs.values()] };
}

type Look = "plain" | "focus" | "impact" | "uses" | "off";

function lookOf(key: string, focus: Props["focus"]): Look {
  if (!focus) return "plain";
  if (key === focus.key) return "focus";
  return focus.related.impact.has(key) ? "impact" : focus.related.uses.has(key) ? "uses" : "off";
}

const TOLD: Record<Look, string> = { plain: "", focus: ", looked at", impact: ", reached by a change", uses: ", used", off: "" };

function nodesOf(objects: MapNode[], placed: MapPlaced, focus: Props["focus"]): Node[] {
  const lanes = placed.lanes.map(({ title, x, width }, place): Node => ({
    id: `:lane ${place}`,
    type: "lane",
    position: { x, y: -52 },
    width,
    height: 34,
    data: { title },
    selectable: false,
    focusable: false,
    draggable: false,
  }));
  const nodes = objects.map((object): Node => {
    const look = lookOf(object.key, focus);
    return {
      id: object.key,
      type: "object",
      position: placed.at[object.key] ?? { x: 0, y: 0 },
      ...MAP_NODE,
      data: { object, look },
      zIndex: look === "off" ? 1 : 2,
      ariaLabel: `${object.kind} ${object.name}${TOLD[look]}`,
      draggable: false,
    };
  });
  return [...lanes, ...nodes];
}

function edgesOf(shape: MapShape, placed: MapPlaced | undefined, focus: Props["focus"]): Edge[] {
  return shape.edges.map(({ from, to }) => {
    const [one, other] = [lookOf(from, focus), lookOf(to, focus)];
    const lit = (look: Look) => look === "focus" || look === "impact";
    const below = (look: Look) => look === "focus" || look === "uses";
    const look = !focus ? "plain" : lit(one) && lit(other) ? "impact" : below(one) && below(other) ? "uses" : "off";
    // A route's domain stands left of it: lines go from left to right, whoever uses whom.
    const [source, target] = (placed?.at[from]?.x ?? 0) <= (placed?.at[to]?.x ?? 0) ? [from, to] : [to, from];
    return { id: `${from} ${to}`, source, target, className: `map-edge ${look}`, zIndex: look === "off" || look === "plain" ? 0 : 1, focusable: false, selectable: false };
  });
}

function ObjectCard({ data }: NodeProps) {
  const { object, look } = data as unknown as { object: MapNode; look: Look };
  return (
    <div className={`object ${look}`} title={`${object.kind} ${object.name}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Kind kind={object.kind} />
      <span className="object-name">{object.name}</span>
      {object.draft && <span className="object-draft" title="has a draft">draft</span>}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

function LaneTitle({ data }: NodeProps) {
  return <div className="lane">{(data as { title: string }).title}</div>;
}
