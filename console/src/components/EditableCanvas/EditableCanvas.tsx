import { type Connection, Controls, type Edge, type Node, type NodeChange, ReactFlow, type ReactFlowInstance, ReactFlowProvider, useReactFlow, useStoreApi } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { apart, type FlowValue, lastOf, nodesOf } from "../../edit/flow";
import { type Direction, neighbour, placed, type Positions } from "../../edit/positions";
import { END, modelOf } from "../../graph/model";
import type { Point } from "../../graph/place";
import { useLayout } from "../../graph/useLayout";
import { Loading } from "../Fault/Fault";
import { begin, legible, show } from "../FlowCanvas/begin";
import { edgesOf } from "../FlowCanvas/elements";
import "../FlowCanvas/FlowCanvas.css";
import { LabelledEdge } from "../FlowCanvas/LabelledEdge";
import { pressedNode } from "../FlowCanvas/pressed";
import { sheetsOf } from "../FlowCanvas/sheets";
import { EditCard } from "./EditCard";
import "./EditableCanvas.css";
import { cardOf, useSame, useSameItems, useSteady } from "./same";

const nodeTypes = { edit: EditCard };
const edgeTypes = { labelled: LabelledEdge };

interface Props {
  flow: FlowValue;
  positions: Positions;
  /** Where somebody put a node; steps of one drag have one key. */
  onMove: (positions: Positions, key?: string) => void;
  /** Where nodes of a flow were put that had no place. */
  onSettle: (positions: Positions, flow: FlowValue) => void;
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  /** Goes to the form of the node that is selected. */
  onOpen: (id: string) => void;
  onConnect: (from: string, to: string) => void;
  onAdd: (after: string | undefined) => void;
  onRemove: (id: string) => void;
  /** How many problems each node has. */
  problems: ReadonlyMap<string, number>;
  /** Whether nothing can be changed: the text can't be read, or shown as it is. */
  held?: boolean;
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
/** Keys that change the flow. */
const CHANGES = ["a", "Insert", "c", "Delete", "Backspace"];
const HELD = "Not possible while the YAML can't be read.";
const KEY = "flow";
/** Ids on the canvas are those of the sheet's nodes. */
const bare = (id: string) => id.slice(KEY.length + 1);

function Canvas({ flow, positions: kept, onMove, onSettle, selected, onSelect, onOpen, onConnect, onAdd, onRemove, problems, held = false }: Props) {
  const model = useMemo(() => modelOf({ nodes: nodesOf(flow) } as never), [flow]);
  const drawn = useMemo(() => sheetsOf([{ key: KEY, name: "", version: 0, model }], undefined, undefined), [model]);
  // Most changes of a flow change neither sizes nor ways: nothing is laid out anew then.
  const sheets = useSame(drawn.sheets);
  const ways = useSame(drawn.edges);
  const sheet = sheets[0];
  const begins = Object.keys(kept).length === 0;
  const layout = useLayout(sheets)?.[0]?.nodes;
  const [dragged, setDragged] = useState<Positions>({});
  const [connecting, setConnecting] = useState<string>();
  const [{ said, shown }, setSaid] = useState({ said: "", shown: false });
  const say = (said: string) => setSaid({ said, shown: false });
  /** What can't be seen on the graph is shown to everybody. */
  const tell = (said: string) => setSaid({ said, shown: true });
  const host = useRef<HTMLDivElement>(null);
  const positions = useMemo(() => {
    if (begins) return layout;
    const followed = new Map((sheet?.edges ?? []).map((edge) => [edge.to, edge.from] as const).reverse());
    return placed((sheet?.nodes ?? []).map(({ id, width, height }) => ({ id, size: { width, height }, after: followed.get(id) })), kept);
  }, [begins, layout, kept, sheet]);
  useEffect(() => {
    if (positions && positions !== kept && (!begins || model.nodes.length > 0)) onSettle(positions, flow);
  }, [positions, kept, begins, model, flow, onSettle]);
  const cards = useRef(new Map<string, Node>());
  const nodes = useSameItems(useMemo(() => {
    const made = (sheet?.nodes ?? []).map((size, place) => {
      const { id } = size;
      const end = id === END;
      // A sheet has the model's nodes, in order.
      const written = model.nodes[place] ?? { id, title: id, actions: [] };
      const at = dragged[id] ?? positions?.[id] ?? NOWHERE;
      return cardOf(cards.current.get(id), `${KEY}/${id}`, size, written, at, { problems: problems.get(id) ?? 0, current: id === selected, target: connecting !== undefined && connecting !== id && !end, end });
    });
    cards.current = new Map(made.map((node) => [bare(node.id), node]));
    return made;
  }, [sheet, model, positions, dragged, selected, problems, connecting]));
  const edges = useMemo(() => edgesOf({ edges: ways }, {}), [ways]);
  const focus = (id: string) => {
    const found = [...(host.current?.querySelectorAll<HTMLElement>(".react-flow__node") ?? [])].find((node) => node.getAttribute("data-id") === `${KEY}/${id}`);
    found?.focus();
    return document.activeElement === found;
  };
  /** A node that was just added, or was out of view, is drawn later, on a slow machine much later. Whoever goes elsewhere meanwhile stays there. */
  const focusSoon = (id: string, from = document.activeElement, frames = 600) => {
    const stays = document.activeElement === from || document.activeElement === document.body;
    if (stays && !focus(id) && frames > 0) requestAnimationFrame(() => focusSoon(id, from, frames - 1));
  };
  const reveal = useReveal();
  const at = selected === undefined ? undefined : positions?.[selected];
  useEffect(() => {
    if (selected !== undefined && at) reveal(selected);
  }, [selected, at, reveal]);
  useFit(host, selected);
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
  const add = (after: string | undefined) => {
    const why = apart(flow, after);
    onAdd(after);
    if (why !== undefined) tell(`A node was added. Nothing leads to it: ${why}.`);
    else say(after === undefined ? "A node was added." : `A node was added after ${after}.`);
  };
  const pick = (id: string | undefined) => {
    say("");
    onSelect(id);
  };
  const connect = (from: string, to: string) => {
    if (from === to) return say(`${from} would lead to itself: go to another node and press Enter. Escape cancels.`);
    setConnecting(undefined);
    if (held) return say(HELD);
    const last = lastOf(nodesOf(flow).find((node) => node.id === from));
    if (last) return tell(`Not connected: ${last} ends ${from}, and nothing follows it.`);
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
      reveal(next);
      focusSoon(next);
      say(`${next}, ${leads(next)}.`);
    } else if (event.key === "Enter" || event.key === " ") {
      done();
      if (connecting !== undefined) connect(connecting, id);
      else onOpen(id);
    } else if (held && CHANGES.includes(event.key)) {
      done();
      say(HELD);
    } else if (event.key === "a" || event.key === "Insert") {
      done();
      wanted.current = id;
      add(id);
    } else if (event.key === "c") {
      done();
      const last = lastOf(nodesOf(flow).find((node) => node.id === id));
      if (last) return tell(`${last} ends ${id}: nothing follows it.`);
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
  /** Whoever comes to a node by keyboard sees it. A click has it in view. */
  const focused = (event: React.FocusEvent) => {
    const id = pressedNode(event.target);
    if (id !== undefined && event.target.matches(":focus-visible")) reveal(bare(id));
  };
  const steady = useSteady({
    onInit: (graph: ReactFlowInstance) => void begin(graph, selected === undefined ? undefined : `${KEY}/${selected}`, below(positions?.[model.nodes[0]?.id ?? ""]), FIT),
    onNodesChange: changed,
    onNodeDragStop: (_: unknown, node: Node) => {
      setDragged({});
      onMove({ ...positions, [bare(node.id)]: node.position });
    },
    onNodeClick: (_: unknown, node: Node) => bare(node.id) !== END && (connecting !== undefined ? connect(connecting, bare(node.id)) : pick(bare(node.id))),
    onNodeDoubleClick: (_: unknown, node: Node) => bare(node.id) !== END && onOpen(bare(node.id)),
    onPaneClick: () => pick(undefined),
    onEdgeClick: (_: unknown, edge: Edge) => onSelect(bare(edge.source)),
    onConnect: ({ source, target }: Connection) => bare(target) !== END && source !== target && connect(bare(source), bare(target)),
  });
  return (
    <div ref={host} className="canvas editable" role="group" aria-label="The flow as a graph" aria-describedby="canvas-help" onKeyDown={press} onFocus={focused}>
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
          {...steady}
          fitViewOptions={FIT}
          minZoom={0.08}
          maxZoom={1.6}
          disableKeyboardA11y
          nodesConnectable={!held}
          deleteKeyCode={null}
          edgesFocusable={false}
          onlyRenderVisibleElements={nodes.length > 300}
          zoomOnScroll={false}
          panOnScroll
          zoomOnDoubleClick={false}
          preventScrolling
        >
          <Controls showInteractive={false} position="bottom-right" />
        </ReactFlow>
      )}
      <div className="canvas-tools">
        <button type="button" className="button" disabled={held} title={held ? HELD : undefined} onClick={() => add(selected)}>
          Add node
        </button>
        {connecting !== undefined ? <span className="canvas-says">Connecting {connecting}: choose another node.</span> : shown && <span className="canvas-says">{said}</span>}
        <button type="button" className="button quiet" disabled={!layout} onClick={() => layout && onMove(layout)}>
          Tidy up
        </button>
      </div>
    </div>
  );
}

const FIT = { padding: 0.08, maxZoom: 1 };
const NOWHERE = { x: 0, y: 0 };
/** The first node stands below the buttons. */
const below = ({ x, y } = NOWHERE) => ({ x, y: y - 80 });

/** Shows all of it again once there is much more, or much less, room than there was; of what can't be read then, the node that is selected. */
function useFit(host: React.RefObject<HTMLDivElement | null>, selected: string | undefined) {
  const flow = useReactFlow();
  const focus = useRef(selected);
  useEffect(() => {
    focus.current = selected;
  }, [selected]);
  useEffect(() => {
    if (!host.current) return;
    let before = host.current.clientWidth;
    const watch = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? before;
      if (Math.abs(width - before) < before * 0.15) return;
      before = width;
      requestAnimationFrame(() => {
        if (legible(flow, FIT)) void flow.fitView(FIT);
        else if (focus.current !== undefined) show(flow, `${KEY}/${focus.current}`, 0);
      });
    });
    watch.observe(host.current);
    return () => watch.disconnect();
  }, [host, flow]);
}

const withoutEnd = (positions: Positions): Positions => Object.fromEntries(Object.entries(positions).filter(([id]) => id !== END));

/** Brings a node into view, if it is outside. What is measured already is not measured again: that would have the whole page laid out. */
function useReveal() {
  const { getInternalNode, setCenter } = useReactFlow();
  const store = useStoreApi();
  return useCallback(
    (id: string) => {
      const node = getInternalNode(`${KEY}/${id}`);
      const { transform: [x, y, zoom], width: room, height: space } = store.getState();
      if (!node || room === 0) return;
      const at = node.internals.positionAbsolute;
      const [left, top] = [at.x * zoom + x, at.y * zoom + y];
      const [width, height] = [(node.measured.width ?? 0) * zoom, (node.measured.height ?? 0) * zoom];
      if (left >= 0 && top >= 0 && left + width <= room && top + height <= space) return;
      void setCenter(at.x + width / zoom / 2, at.y + height / zoom / 2, { zoom: Math.max(zoom, 0.6), duration: 0 });
    },
    [store, setCenter, getInternalNode],
  );
}
