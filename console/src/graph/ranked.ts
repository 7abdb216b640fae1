import type { Point, Sheet } from "./place";

/** Ranks beside each other; more go on below, as lines of a text do. */
const BAND = 40;

export interface Spacing {
  /** Between ranks, where conditions are written. */
  ahead: number;
  between: number;
  padding: number;
}

/** Lays out a long flow: each node right of those that lead to it, loops aside, near the middle of them. Takes time in proportion to nodes and edges. */
export function ranked({ nodes, edges }: Sheet, { ahead, between, padding }: Spacing): { at: Record<string, Point>; width: number; height: number } {
  const edgesAhead = forward(nodes.map(({ id }) => id), edges);
  const rank = ranks(nodes.map(({ id }) => id), edgesAhead);
  const columns: (typeof nodes)[] = [];
  for (const node of nodes) (columns[rank.get(node.id) ?? 0] ??= []).push(node);
  const before = new Map<string, string[]>();
  for (const { from, to } of edgesAhead) before.set(to, [...(before.get(to) ?? []), from]);

  const at: Record<string, Point> = {};
  let [top, width, height] = [padding, 0, 0];
  for (let first = 0; first < columns.length; first += BAND) {
    const band = columns.slice(first, first + BAND);
    let x = padding;
    for (const column of band) {
      const wish = new Map(column.map(({ id }) => {
        const around = (before.get(id) ?? []).map((one) => at[one]?.y ?? 0);
        return [id, around.reduce((sum, one) => sum + one, 0) / Math.max(around.length, 1)];
      }));
      column.sort((one, other) => (wish.get(one.id) ?? 0) - (wish.get(other.id) ?? 0));
      let y = top;
      for (const node of column) {
        at[node.id] = { x, y };
        y += node.height + between;
      }
      x += Math.max(...column.map((node) => node.width)) + ahead;
      height = Math.max(height, y - between + padding);
    }
    width = Math.max(width, x - ahead + padding);
    top = height + between * 2;
  }
  return { at, width, height };
}

/** The edges without those that lead back to where one came from. */
function forward(ids: string[], edges: Sheet["edges"]): Sheet["edges"] {
  const out = new Map<string, Sheet["edges"]>(ids.map((id) => [id, []]));
  for (const edge of edges) out.get(edge.from)?.push(edge);
  const state = new Map<string, "open" | "done">();
  const kept: Sheet["edges"] = [];
  for (const start of ids) {
    if (state.has(start)) continue;
    state.set(start, "open");
    const way = [{ id: start, next: 0 }];
    // No recursion: a flow may be deeper than a stack.
    for (let here = way.at(-1); here; here = way.at(-1)) {
      const edge = out.get(here.id)?.[here.next++];
      if (!edge) {
        state.set(here.id, "done");
        way.pop();
      } else if (out.has(edge.to) && state.get(edge.to) !== "open") {
        kept.push(edge);
        if (!state.has(edge.to)) {
          state.set(edge.to, "open");
          way.push({ id: edge.to, next: 0 });
        }
      }
    }
  }
  return kept;
}

/** The longest way to each node from one that nothing leads to. Edges have no loops. */
export function ranks(ids: string[], edges: Sheet["edges"]): Map<string, number> {
  const rank = new Map(ids.map((id) => [id, 0]));
  const open = new Map(ids.map((id) => [id, 0]));
  const out = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { from, to } of edges) {
    open.set(to, (open.get(to) ?? 0) + 1);
    out.get(from)?.push(to);
  }
  const ready = ids.filter((id) => open.get(id) === 0);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    for (const to of out.get(id) ?? []) {
      rank.set(to, Math.max(rank.get(to) ?? 0, (rank.get(id) ?? 0) + 1));
      open.set(to, (open.get(to) ?? 0) - 1);
      if (open.get(to) === 0) ready.push(to);
    }
  }
  return rank;
}
