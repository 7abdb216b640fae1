import dagre from "@dagrejs/dagre";

/** A flow to be laid out: sizes are in pixels. */
export interface Sheet {
  key: string;
  nodes: { id: string; width: number; height: number }[];
  edges: { from: string; to: string }[];
  /** Which sheet calls this one, at which of its nodes. */
  caller?: { sheet: string; node: string };
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
export const PADDING = 20;
export const TITLE = 44;
const BETWEEN = 96;

/** Lays each flow out from the top down, and what is called to the right of its caller, as high as the node that calls. */
export function place(sheets: Sheet[]): Placed[] {
  const placed = sheets.map(inner);
  const byKey = new Map(placed.map((one) => [one.key, one]));
  const depths = new Map<string, number>();
  for (const sheet of sheets) depths.set(sheet.key, sheet.caller ? (depths.get(sheet.caller.sheet) ?? 0) + 1 : 0);
  const columns: Placed[][] = [];
  for (const one of placed) (columns[depths.get(one.key) ?? 0] ??= []).push(one);
  let x = 0;
  for (const column of columns) {
    let free = 0;
    for (const one of column ?? []) {
      const caller = sheets.find((sheet) => sheet.key === one.key)?.caller;
      const above = caller && byKey.get(caller.sheet);
      const wanted = above && caller ? above.y + (above.nodes[caller.node]?.y ?? 0) - TITLE - PADDING : 0;
      one.x = x;
      one.y = Math.max(wanted, free);
      free = one.y + one.height + BETWEEN / 2;
    }
    x += Math.max(0, ...(column ?? []).map((one) => one.width)) + BETWEEN;
  }
  return placed;
}

function inner(sheet: Sheet): Placed {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 36, ranksep: 64, marginx: PADDING, marginy: PADDING });
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
  return { key: sheet.key, x: 0, y: 0, width: Math.max(size.width ?? 0, 260), height: (size.height ?? 0) + TITLE, nodes };
}
