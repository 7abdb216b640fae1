/** How many steps each object is away from one; the object itself is not among them. */
export type Reach = Map<string, number>;

export interface Related {
  /** What a change of the object reaches: everything that uses it, directly or by others. */
  impact: Reach;
  /** What the object uses, directly or by others. */
  uses: Reach;
}

export function related(key: string, edges: { from: string; to: string }[]): Related {
  const [users, used] = [new Map<string, string[]>(), new Map<string, string[]>()];
  const add = (map: Map<string, string[]>, one: string, other: string) => {
    const list = map.get(one);
    if (list) list.push(other);
    else map.set(one, [other]);
  };
  for (const { from, to } of edges) {
    add(users, to, from);
    add(used, from, to);
  }
  return { impact: reach(key, users), uses: reach(key, used) };
}

function reach(start: string, next: Map<string, string[]>): Reach {
  const found: Reach = new Map();
  let edge = [start];
  for (let steps = 1; edge.length > 0; steps++) {
    const further: string[] = [];
    for (const key of edge.flatMap((one) => next.get(one) ?? [])) {
      if (key === start || found.has(key)) continue;
      found.set(key, steps);
      further.push(key);
    }
    edge = further;
  }
  return found;
}
