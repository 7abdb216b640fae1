import { END } from "../graph/model";
import type { Point } from "../graph/place";

export interface Size {
  width: number;
  height: number;
}

export type Positions = Readonly<Record<string, Point>>;

const GAP = 24;
/** Between a node and one that follows it: there is room for a condition. */
const AHEAD = 150;

/**
 * A place for each node that has none: right of the one it follows, below whatever stands there. Others stay where they are.
 */
export function placed(nodes: { id: string; size: Size; after?: string | undefined }[], positions: Positions): Positions {
  const made: Record<string, Point> = {};
  const sizes = new Map(nodes.map(({ id, size }) => [id, size]));
  for (const { id } of nodes) if (positions[id]) made[id] = positions[id];
  for (const { id, size, after } of nodes) {
    if (made[id]) continue;
    const left = after === undefined ? undefined : made[after];
    const at = left ? { x: left.x + (sizes.get(after ?? "")?.width ?? 0) + AHEAD, y: left.y } : { x: 0, y: lowest(made, sizes) };
    made[id] = free(at, size, made, sizes);
  }
  const same = Object.keys(positions).length === Object.keys(made).length && Object.entries(made).every(([id, at]) => positions[id] === at);
  return same ? positions : made;
}

function lowest(made: Positions, sizes: Map<string, Size>): number {
  return Math.max(0, ...Object.entries(made).map(([id, { y }]) => y + (sizes.get(id)?.height ?? 0) + GAP));
}

function free(at: Point, size: Size, made: Positions, sizes: Map<string, Size>): Point {
  let { y } = at;
  for (;;) {
    const hit = Object.entries(made).find(([id, other]) => {
      const { width = 0, height = 0 } = sizes.get(id) ?? {};
      return at.x < other.x + width + GAP && other.x < at.x + size.width + GAP && y < other.y + height + GAP && other.y < y + size.height + GAP;
    });
    if (!hit) return { x: at.x, y };
    y = hit[1].y + (sizes.get(hit[0])?.height ?? 0) + GAP;
  }
}

/** What is elsewhere now; null is nowhere any more. The flow's end is no node: it stands where there is room. */
export function moves(before: Positions, now: Positions): Record<string, Point | null> {
  const moved = Object.entries(now).filter(([id, at]) => before[id]?.x !== at.x || before[id]?.y !== at.y);
  const gone = Object.keys(before).filter((id) => !now[id]).map((id) => [id, null] as const);
  return Object.fromEntries([...moved, ...gone].filter(([id]) => id !== END));
}

/** My places, with those that somebody else has changed meanwhile, and I have not. */
export function bringIn(mine: Positions, before: Positions, theirs: Positions): Positions {
  if (before === theirs) return mine;
  const same = (id: string) => !mine[id] || (mine[id].x === before[id]?.x && mine[id].y === before[id]?.y);
  return { ...mine, ...Object.fromEntries(Object.entries(theirs).filter(([id]) => same(id))) };
}

export type Direction = "left" | "right" | "up" | "down";

/** The node that one comes to in a direction: the nearest, where going sideways counts twice. */
export function neighbour(from: string, direction: Direction, positions: Positions): string | undefined {
  const here = positions[from];
  if (!here) return undefined;
  const ahead = ({ x, y }: Point) => ({ left: here.x - x, right: x - here.x, up: here.y - y, down: y - here.y })[direction];
  const aside = ({ x, y }: Point) => (direction === "left" || direction === "right" ? Math.abs(y - here.y) : Math.abs(x - here.x));
  return Object.entries(positions)
    .filter(([id, at]) => id !== from && ahead(at) > 0)
    .sort(([, one], [, other]) => ahead(one) + 2 * aside(one) - (ahead(other) + 2 * aside(other)))[0]?.[0];
}
