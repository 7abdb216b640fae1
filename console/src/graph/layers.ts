import type { Point } from "./place";
import { ranks } from "./ranked";

/** Objects and who uses whom, from the user to what is used. */
export interface MapShape {
  nodes: { key: string; kind: string }[];
  edges: { from: string; to: string }[];
}

export interface MapPlaced {
  /** Top left corners, in pixels. */
  at: Record<string, Point>;
  lanes: { title: string; x: number; width: number }[];
}

export const MAP_NODE = { width: 184, height: 34 };
const ROW = 46;
const COLUMN = MAP_NODE.width + 34;
const BETWEEN_LANES = 60;
const SWEEPS = 6;

/** Where mail comes in stands left, what flows use stands right. Flows stand between, those that are called right of those that call. */
const LEFT = [["domain", "mailbox"], ["route"]];
const RIGHT = [["queue", "table", "schedule", "dataAction", "webhook", "skill", "language"], ["secret"]];
const TITLES = ["Where mail comes in", "Routes", "Flows", "What they use", "Secrets"];

/** Lays out everything in lanes. Each step takes time in proportion to nodes and edges: thousands take milliseconds. */
export function layers({ nodes, edges }: MapShape): MapPlaced {
  const lanes = lanesOf(nodes, edges);
  sort(lanes.map((lane) => lane.keys), edges);
  const rows = Math.max(14, Math.round(2 * Math.sqrt(nodes.length)));
  const tallest = Math.max(0, ...lanes.map((lane) => Math.min(rows, lane.keys.length)));
  const placed: MapPlaced = { at: {}, lanes: [] };
  let x = 0;
  for (const { title, keys } of lanes) {
    const columns = Math.ceil(keys.length / rows);
    const high = Math.ceil(keys.length / columns);
    keys.forEach((key, place) => {
      const [column, row] = [Math.floor(place / high), place % high];
      placed.at[key] = { x: x + column * COLUMN, y: (row + (tallest - high) / 2) * ROW };
    });
    const width = columns * COLUMN - (COLUMN - MAP_NODE.width);
    placed.lanes.push({ title, x, width });
    x += width + BETWEEN_LANES;
  }
  return placed;
}

interface Lane {
  title: string;
  keys: string[];
}

function lanesOf(nodes: MapShape["nodes"], edges: MapShape["edges"]): Lane[] {
  const kinds = new Map(nodes.map((node) => [node.key, node.kind]));
  const depth = ranks(nodes.filter((node) => node.kind === "flow").map((node) => node.key), edges.filter((edge) => kinds.get(edge.from) === "flow" && kinds.get(edge.to) === "flow"));
  const deepest = Math.max(0, ...depth.values());
  const of = (wanted: string[]) => nodes.filter((node) => wanted.includes(node.kind)).map((node) => node.key);
  const known = new Set([...LEFT, ...RIGHT, ["flow"]].flat());
  const flows = Array.from({ length: deepest + 1 }, (_, level): Lane => ({
    title: level === 0 ? "Flows" : level === 1 ? "Called flows" : "",
    keys: [...depth].filter(([, one]) => one === level).map(([key]) => key),
  }));
  const lanes = [
    ...LEFT.map((wanted, place): Lane => ({ title: TITLES[place] ?? "", keys: of(wanted) })),
    ...flows,
    ...RIGHT.map((wanted, place): Lane => ({ title: TITLES[place + 3] ?? "", keys: of(wanted) })),
    // A kind that this console does not know has a place all the same.
    { title: "Others", keys: nodes.filter((node) => !known.has(node.kind)).map((node) => node.key) },
  ];
  return lanes.filter((lane) => lane.keys.length > 0);
}

/** Puts what belongs together near each other: each goes to the middle of its neighbours, from left to right and back. */
function sort(lanes: string[][], edges: MapShape["edges"]) {
  const neighbours = new Map<string, string[]>();
  const join = (one: string, other: string) => {
    const list = neighbours.get(one);
    if (list) list.push(other);
    else neighbours.set(one, [other]);
  };
  for (const { from, to } of edges) {
    join(from, to);
    join(to, from);
  }
  /** Where a node stands in its lane, from 0 to 1. */
  const height = new Map<string, number>();
  const settle = (lane: string[]) => lane.forEach((key, place) => height.set(key, (place + 0.5) / lane.length));
  lanes.forEach(settle);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const lane of sweep % 2 ? [...lanes].reverse() : lanes) {
      const wish = new Map(lane.map((key) => {
        const around = neighbours.get(key) ?? [];
        const middle = around.reduce((sum, one) => sum + (height.get(one) ?? 0), 0) / around.length;
        return [key, around.length > 0 ? middle : (height.get(key) ?? 0)];
      }));
      lane.sort((one, other) => (wish.get(one) ?? 0) - (wish.get(other) ?? 0));
      settle(lane);
    }
  }
}
