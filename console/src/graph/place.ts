import dagre from "@dagrejs/dagre";
import { ranked } from "./ranked";

/** A flow to be laid out: sizes are in pixels. */
export interface Sheet {
  key: string;
  nodes: { id: string; width: number; height: number }[];
  edges: { from: string; to: string }[];
}

export interface Point {
  x: number;
  y: number;
}

export interface Placed {
  key: string;
  x: number;
  y: number;
  width: number;
  height: number;
  /** Top left corners of nodes, from the sheet's own. */
  nodes: Record<string, Point>;
}

/** What stands around the nodes of a sheet. */
const PADDING = 22;
const TITLE = 40;
/** Between nodes that follow each other: there is room for a condition. */
const AHEAD = 168;
const BETWEEN = 36;
const ASIDE = 20;
const LEAST_WIDTH = 260;
/** Dagre descends recursively and takes time by the square: a flow of 2,000 nodes overflows its stack. */
const MOST_BY_DAGRE = 300;

/** Lays each flow out from left to right, and the flows in rows below each other, the one that calls before those that it calls. */
export function place(sheets: Sheet[]): Placed[] {
  const placed = sheets.map(inner);
  const most = Math.max(placed[0]?.width ?? 0, 900);
  let [x, y, row] = [0, 0, 0];
  for (const [number, one] of placed.entries()) {
    // The first stands alone: the others are below it.
    if (number === 1 || (number > 1 && x + one.width > most)) [x, y, row] = [0, y + row + BETWEEN, 0];
    [one.x, one.y] = [x, y];
    x += one.width + BETWEEN;
    row = Math.max(row, one.height);
  }
  return placed;
}

function inner(sheet: Sheet): Placed {
  if (sheet.nodes.length > MOST_BY_DAGRE) {
    const { at, width, height } = ranked(sheet, { ahead: AHEAD, between: ASIDE, padding: PADDING });
    const nodes = Object.fromEntries(Object.entries(at).map(([id, { x, y }]) => [id, { x, y: y + TITLE }]));
    return { key: sheet.key, x: 0, y: 0, width: Math.max(width, LEAST_WIDTH), height: height + TITLE, nodes };
  }
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: ASIDE, ranksep: AHEAD, marginx: PADDING, marginy: PADDING });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of sheet.nodes) graph.setNode(id, { width, height });
  for (const { from, to } of sheet.edges) if (from !== to) graph.setEdge(from, to);
  dagre.layout(graph);
  const nodes: Record<string, Point> = {};
  for (const { id, width, height } of sheet.nodes) {
    const at = graph.node(id) as Point;
    nodes[id] = { x: at.x - width / 2, y: at.y - height / 2 + TITLE };
  }
  const size = graph.graph() as { width?: number; height?: number };
  return { key: sheet.key, x: 0, y: 0, width: Math.max(size.width ?? 0, LEAST_WIDTH), height: (size.height ?? 0) + TITLE, nodes };
}
