import { Controls, type NodeChange, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo, useRef, useState } from "react";
import { type FlowValue, nodesOf } from "../../edit/flow";
import { type Direction, neighbour, placed, type Positions } from "../../edit/positions";
import { equal } from "../../edit/value";
import { END, modelOf } from "../../graph/model";
import type { Point } from "../../graph/place";
import { useLayout } from "../../graph/useLayout";
import { Loading } from "../Fault/Fault";
import { edgesOf } from "../FlowCanvas/elements";
import "../FlowCanvas/FlowCanvas.css";
import { LabelledEdge } from "../FlowCanvas/LabelledEdge";
import { pressedNode } from "../FlowCanvas/pressed";
import { sheetsOf } from "../FlowCanvas/sheets";
import { EditCard, type EditCardData } from "./EditCard";
import "./EditableCanvas.css";

const nodeTypes = { edit: EditCard };
const edgeTypes = { labelled: LabelledEdge };

interface Props {
  flow: FlowValue;
  positions: Positions;
  /** Where somebody put a node; steps of one drag have one key. */
  onMove: (positions: Positions, key?: string) => void;
  /** Where nodes were put that had no place. */
  onSettle: (positions: Positions) => void;
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  /** Goes to the form of the node that is selected. */
  onOpen: (id: string) => void;
  onConnect: (from: string, to: string) => void;
  onAdd: (after: string | undefined) => void;
  onRemove: (id: string) => void;
  /** How many problems each node has. */
  problems: ReadonlyMap<string, number>;
}

/** A flow as a graph that can be changed, by mouse and by keyboard. Nodes stay where they are, unless somebody moves them. */
export function EditableCanvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

const ARROWS: Record<string, Direction> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
const SHIFT: Record<Direction, Point> = { left: { x: -20, y: 0 }, right: { x: 20, y: 0 }, up: { x: 0, y: -20 }, down: { x: 0, y: 20 } };
const KEY = "flow";
/** Ids on the canvas are those of the sheet's nodes. */
const bare = (id: string) => id.slice(KEY.length + 1);

function Canvas({ flow, positions: kept, onMove, onSettle, selected, onSelect, onOpen, onConnect, onAdd, onRemove, problems }: Props) {
  const model = useMemo(() => modelOf({ nodes: nodesOf(flow) } as never), [flow]);
  const drawn = useMemo(() => sheetsOf([{ key: KEY, name: "", version: 0, model }], undefined, undefined), [model]);
  const sheet = drawn.sheets[0];
  const begins = Object.keys(kept).length === 0;
  const layout = useLayout(drawn.sheets)?.[0]?.nodes;
  const [dragged, setDragged] = useState<Positions>({});
  const [connecting, setConnecting] = useState<string>();
  const [said, say] = useState("");
  const host = useRef<HTMLDivElement>(null);
  const positions = useMemo(() => {
    if (begins) return layout;
    const followed = new Map(model.edges.map((edge) => [edge.to, edge.from] as const).reverse());
    const after = (id: string) => followed.get(id);
    return placed((sheet?.nodes ?? []).map(({ id, width, height }) => ({ id, size: { width, height }, after: after(id) })), kept);
  }, [begins, layout, kept, sheet, model]);
  useEffect(() => {
    if (positions && positions !== kept && (!begins || model.nodes.length > 0)) onSettle(positions);
  }, [positions, kept, begins, model, onSettle]);
  const nodes = useKept(useMemo(
    () =>
      (sheet?.nodes ?? []).map(({ id, width, height }, place) => {
        // A sheet has the model's nodes, in order.
        const written = model.nodes[place];
        const end = id === END;
        const data: EditCardData = { id, title: written?.title ?? id, actions: written?.actions ?? [], problems: problems.get(id) ?? 0, current: id === selected, target: connecting !== undefined && connecting !== id && !end };
        const many = data.actions.length === 1 ? "1 action" : `${data.actions.length} actions`;
        return {
          id: `${KEY}/${id}`,
          type: "edit",
          position: dragged[id] ?? positions?.[id] ?? { x: 0, y: 0 },
          width,
          height,
          data,
          draggable: !end,
          selectable: !end,
          focusable: !end,
          ariaLabel: `${data.title}, ${many}${data.problems > 0 ? `, ${data.problems} problems` : ""}`,
        };
      }),
    [sheet, model, positions, dragged, selected, problems, connecting],
  ));
  const edges = useKept(useMemo(() => edgesOf(drawn, {}), [drawn]));
  const focus = (id: string) => {
    const found = [...(host.current?.querySelectorAll<HTMLElement>(".react-flow__node") ?? [])].find((node) => node.getAttribute("data-id") === `${KEY}/${id}`);
    found?.focus();
    return document.activeElement === found;
  };
  /** A node that was just added is drawn within the next frames. */
  const focusSoon = (id: string, frames = 60) => focus(id) || (frames > 0 && requestAnimationFrame(() => focusSoon(id, frames - 1)));
  useFollow(selected, positions);
  useFit(host);
  const wanted = useRef<string>(undefined);
  useEffect(() => {
    if (wanted.current === undefined || selected === wanted.current || selected === undefined) return;
    wanted.current = undefined;
    focusSoon(selected);
  });

  const leads = (id: string) => {
    const to = model.edges.filter((edge) => edge.from === id).map((edge) => (edge.to === END ? "the end" : edge.to) + (edge.label ? ` if ${edge.label}` : ""));
    return to.length > 0 ? `leads to ${to.join(", ")}` : "leads nowhere";
  };
  const connect = (from: string, to: string) => {
    setConnecting(undefined);
    onConnect(from, to);
    say(`${from} leads to ${to}.`);
  };
  const press = (event: React.KeyboardEvent) => {
    const pressed = pressedNode(event.target);
    const id = pressed === undefined ? undefined : bare(pressed);
    if (id === undefined || event.ctrlKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    const done = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (arrow && event.altKey) {
      done();
      const at = positions?.[id];
      if (at) onMove({ ...positions, [id]: { x: at.x + SHIFT[arrow].x, y: at.y + SHIFT[arrow].y } }, `move ${id}`);
    } else if (arrow) {
      done();
      const next = positions && neighbour(id, arrow, withoutEnd(positions));
      if (next === undefined) return say(`Nothing is ${arrow === "up" ? "above" : arrow === "down" ? "below" : `to the ${arrow}`}.`);
      if (connecting === undefined) onSelect(next);
      focus(next);
      say(`${next}, ${leads(next)}.`);
    } else if (event.key === "Enter" || event.key === " ") {
      done();
      if (connecting !== undefined) connect(connecting, id);
      else onOpen(id);
    } else if (event.key === "a" || event.key === "Insert") {
      done();
      wanted.current = id;
      onAdd(id);
      say(`A node was added after ${id}.`);
    } else if (event.key === "c") {
      done();
      setConnecting(id);
      say(`Connecting ${id}: go to a node and press Enter. Escape cancels.`);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      done();
      const next = positions && (["left", "up", "right", "down"] as const).map((way) => neighbour(id, way, withoutEnd(positions))).find(Boolean);
      onRemove(id);
      say(`${id} was removed. Ctrl+Z brings it back.`);
      if (next !== undefined) {
        onSelect(next);
        focusSoon(next);
      }
    } else if (event.key === "Escape") {
      done();
      if (connecting !== undefined) say("Not connected.");
      else onSelect(undefined);
      setConnecting(undefined);
    }
  };
  const changed = (changes: NodeChange[]) => {
    for (const one of changes) if (one.type === "position" && one.position) setDragged((before) => ({ ...before, [bare(one.id)]: one.position ?? { x: 0, y: 0 } }));
  };
  return (
    <div ref={host} className="canvas editable" role="group" aria-label="The flow as a graph" aria-describedby="canvas-help" onKeyDown={press}>
      <p id="canvas-help" className="visually-hidden">
        Arrows go from node to node, Enter opens one, A adds one after it, C connects it, Delete removes it, Alt and an arrow move it.
      </p>
      <div aria-live="polite" className="visually-hidden">
        {said}
      </div>
      {!positions ? (
        <Loading />
      ) : (
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          fitView
          fitViewOptions={FIT}
          minZoom={0.08}
          maxZoom={1.6}
          disableKeyboardA11y
          deleteKeyCode={null}
          edgesFocusable={false}
          onlyRenderVisibleElements={nodes.length > 300}
          onNodesChange={changed}
          onNodeDragStop={(_, node) => {
            setDragged({});
            onMove({ ...positions, [bare(node.id)]: node.position });
          }}
          onNodeClick={(_, node) => bare(node.id) !== END && (connecting !== undefined ? connect(connecting, bare(node.id)) : onSelect(bare(node.id)))}
          onNodeDoubleClick={(_, node) => bare(node.id) !== END && onOpen(bare(node.id))}
          onPaneClick={() => onSelect(undefined)}
          onEdgeClick={(_, edge) => onSelect(bare(edge.source))}
          onConnect={({ source, target }) => source !== target && bare(target) !== END && connect(bare(source), bare(target))}
          zoomOnScroll={false}
          panOnScroll
          zoomOnDoubleClick={false}
          preventScrolling
        >
          <Controls showInteractive={false} position="bottom-right" />
        </ReactFlow>
      )}
      <div className="canvas-tools">
        <button type="button" className="button" onClick={() => onAdd(selected)}>
          Add node
        </button>
        {connecting !== undefined && <span className="canvas-says">Connecting {connecting}: choose a node.</span>}
        <button type="button" className="button quiet" disabled={!layout} onClick={() => layout && onMove(layout)}>
          Tidy up
        </button>
      </div>
    </div>
  );
}

/** Of a list that is made anew, the items that are as they were: thousands of them are not drawn again. */
function useKept<T extends { id: string }>(list: T[]): T[] {
  const before = useRef(new Map<string, T>());
  return useMemo(() => {
    const kept = list.map((one) => {
      const was = before.current.get(one.id);
      return was && equal(was, one) ? was : one;
    });
    before.current = new Map(kept.map((one) => [one.id, one]));
    return kept;
  }, [list]);
}

const FIT = { padding: 0.08, maxZoom: 1 };

/** Shows all of it again once there is much more, or much less, room than there was. */
function useFit(host: React.RefObject<HTMLDivElement | null>) {
  const { fitView } = useReactFlow();
  useEffect(() => {
    if (!host.current) return;
    let before = host.current.clientWidth;
    const watch = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? before;
      if (Math.abs(width - before) < before * 0.15) return;
      before = width;
      requestAnimationFrame(() => void fitView(FIT));
    });
    watch.observe(host.current);
    return () => watch.disconnect();
  }, [host, fitView]);
}

const withoutEnd = (positions: Positions): Positions => Object.fromEntries(Object.entries(positions).filter(([id]) => id !== END));

/** Brings the node that is selected into view, if it is outside. */
function useFollow(selected: string | undefined, positions: Positions | undefined) {
  const { getViewport, setCenter, getInternalNode } = useReactFlow();
  const at = selected === undefined ? undefined : positions?.[selected];
  useEffect(() => {
    const node = selected === undefined ? undefined : getInternalNode(`${KEY}/${selected}`);
    const box = document.querySelector(".canvas.editable .react-flow")?.getBoundingClientRect();
    if (!node || !box || !at) return;
    const { x, y, zoom } = getViewport();
    const [left, top] = [at.x * zoom + x, at.y * zoom + y];
    const [width, height] = [(node.measured.width ?? 0) * zoom, (node.measured.height ?? 0) * zoom];
    if (left >= 0 && top >= 0 && left + width <= box.width && top + height <= box.height) return;
    void setCenter(at.x + width / zoom / 2, at.y + height / zoom / 2, { zoom: Math.max(zoom, 0.6), duration: 0 });
  }, [selected, at, getViewport, setCenter, getInternalNode]);
}
