import { type FlowValue, type NodeValue, nodesOf, renameNode, targetsOf } from "./flow";
import { resembles } from "./match";
import { equal } from "./value";

export interface Rename {
  from: string;
  to: string;
}

/** Which nodes were given another id where they stand, as somebody types it: all others are what they were. */
export function renamedInPlace(before: FlowValue, after: FlowValue): Rename[] {
  const [was, is] = [nodesOf(before), nodesOf(after)];
  if (was === is || was.length !== is.length) return [];
  const found = was.flatMap(({ id: from }, place) => {
    const to = is[place]?.id ?? from;
    return from === to ? [] : [{ from, to }];
  });
  if (found.length === 0) return [];
  const [known, wanted] = [new Set(was.map(({ id }) => id)), new Set(is.map(({ id }) => id))];
  return found.every(({ from, to }) => !wanted.has(from) && !known.has(to)) ? found : [];
}

/**
 * Which nodes of a flow have another id in a change of it: those that say the same, or nearly, under an id that is new, or do the same kind
 * of thing where all that led to them leads to the new id.
 */
export function renamesOf(base: FlowValue, changed: FlowValue): Rename[] {
  const found: Rename[] = [];
  const find = (was: FlowValue): Rename | undefined => {
    const ids = (flow: FlowValue) => new Set(nodesOf(flow).map(({ id }) => id));
    const [before, after] = [ids(was), ids(changed)];
    const fresh = nodesOf(changed).filter(({ id }) => !before.has(id));
    for (const node of nodesOf(was)) {
      if (after.has(node.id)) continue;
      const is = fresh.find((one) => resembles(called(node, one.id), one)) ?? fresh.find((one) => standsFor(node, one, was, changed));
      if (is) return { from: node.id, to: is.id };
    }
    return undefined;
  };
  // One that leads to another that was renamed says the same once that is known.
  for (let next = find(base); next; next = find(base)) {
    found.push(next);
    base = renameNode(base, next.from, next.to);
  }
  return found;
}

/** Whether a node does the same kind of thing as another did, and is where all leads that led to the other. */
function standsFor(node: NodeValue, other: NodeValue, was: FlowValue, changed: FlowValue): boolean {
  const kinds = ({ actions }: NodeValue) => (actions ?? []).map((one) => one.type);
  if (kinds(node).length === 0 || !equal(kinds(node), kinds(other))) return false;
  const ledBy = (flow: FlowValue, id: string) => nodesOf(flow).filter((one) => one.id !== id && targetsOf({ nodes: [one] }).has(id));
  const [before, after] = [ledBy(was, node.id), ledBy(changed, other.id)].map((all) => all.map(({ id }) => id));
  return (before ?? []).length > 0 && equal(before, after);
}

/** A node with another id, also where it leads to itself. */
const called = (node: NodeValue, to: string): unknown => renameNode({ nodes: [node] }, node.id, to).nodes?.[0];
