import type { FlowDocument } from "../api/queries";
import type { Schemas } from "../api/client";
import { modelOf, type ActionLine, type Model, type ModelEdge, type ModelNode } from "./model";

export type Difference = Schemas["FlowDifference"];
export type Change = "added" | "removed" | "changed" | "moved";

/** Two versions of a flow in one picture: what is in either of them, and what became of it. What is in no map is the same in both. */
export interface Comparison {
  model: Model;
  /** By the node's id. */
  nodes: Map<string, Change>;
  /** By the edge's id in `model`. */
  edges: Map<string, { change: Change; /** The condition as it was. */ before?: string }>;
  /** By `node/path` of an action's line. */
  lines: Map<string, Change>;
}

export const line = (node: string, path: string) => `${node}/${path}`;

/** The node that a difference is in, and the path within it; undefined for what belongs to the flow itself. */
export function placeOf(difference: Pick<Difference, "path">): { node: string; path: string } | undefined {
  const [, node, path] = /^nodes\[([^\]]*)\]\.?(.*)$/.exec(difference.path) ?? [];
  return node === undefined ? undefined : { node, path: path ?? "" };
}

export function compare(before: Pick<FlowDocument, "nodes">, after: Pick<FlowDocument, "nodes">, differences: Difference[]): Comparison {
  const [old, now] = [modelOf(before), modelOf(after)];
  const result: Comparison = { model: { nodes: [], edges: [] }, nodes: new Map(), edges: new Map(), lines: new Map() };
  for (const one of differences) {
    const place = placeOf(one);
    if (!place) continue;
    // A node that moved and changed counts as changed: that is what one wants to look at.
    if (place.path === "") result.nodes.get(place.node) ?? result.nodes.set(place.node, one.change as Change);
    else result.nodes.set(place.node, "changed");
  }
  result.model.nodes = mergeNodes(old.nodes, now.nodes, differences, result.lines);
  for (const node of result.model.nodes) {
    // The pill of the flow's end is in no difference.
    if (!node.id.startsWith(":")) continue;
    const [was, is] = [old, now].map((model) => model.nodes.some((one) => one.id === node.id));
    if (was !== is) result.nodes.set(node.id, is ? "added" : "removed");
  }
  mergeEdges(old.edges, now.edges, result);
  return result;
}

function mergeNodes(old: ModelNode[], now: ModelNode[], differences: Difference[], marks: Map<string, Change>): ModelNode[] {
  const was = new Map(old.map((node) => [node.id, node]));
  const known = new Set(now.map((node) => node.id));
  const merged = now.map((node) => {
    const before = was.get(node.id);
    return before ? { ...node, actions: mergeLines(node.id, before.actions, node.actions, differences, marks) } : node;
  });
  return [...merged, ...old.filter((node) => !known.has(node.id))];
}

/** The path of the action that a path within a node is in, such as `actions[0].actions[2]` of `actions[0].actions[2].queue`. */
const actionIn = (path: string) => /^(?:\.?actions\[\d+\])+/.exec(path)?.[0];

function mergeLines(node: string, old: ActionLine[], now: ActionLine[], differences: Difference[], marks: Map<string, Change>): ActionLine[] {
  const lines = [...now];
  for (const one of differences) {
    const place = placeOf(one);
    const action = place?.node === node ? actionIn(place.path) : undefined;
    if (!place || !action) continue;
    const change = action === place.path ? (one.change as Change) : "changed";
    if (change !== "removed") {
      marks.set(line(node, action), change);
      if (change === "added") for (const inner of now) if (inner.path.startsWith(`${action}.`)) marks.set(line(node, inner.path), "added");
      continue;
    }
    // Paths of what was removed are those of the version before.
    const gone = old.filter((each) => each.path === action || each.path.startsWith(`${action}.`)).map((each) => ({ ...each, path: `-${each.path}` }));
    const next = lines.findIndex((each) => each.path === action);
    lines.splice(next < 0 ? lines.length : next, 0, ...gone);
    for (const each of gone) marks.set(line(node, each.path), "removed");
  }
  return lines;
}

function mergeEdges(old: ModelEdge[], now: ModelEdge[], result: Comparison) {
  const ends = (edge: ModelEdge) => `${edge.from} ${edge.to} ${edge.kind}`;
  const rest = [...old];
  const take = (fits: (edge: ModelEdge) => boolean) => {
    const found = rest.findIndex(fits);
    return found < 0 ? undefined : rest.splice(found, 1)[0];
  };
  const unmatched: ModelEdge[] = [];
  for (const edge of now) {
    if (!take((one) => ends(one) === ends(edge) && one.label === edge.label)) unmatched.push(edge);
  }
  for (const edge of unmatched) {
    const was = take((one) => ends(one) === ends(edge));
    result.edges.set(edge.id, was ? { change: "changed", ...(was.label && { before: was.label }) } : { change: "added" });
  }
  // An edge that is gone may have the id of one that came.
  const gone = rest.map((edge) => ({ ...edge, id: `-${edge.id}` }));
  for (const edge of gone) result.edges.set(edge.id, { change: "removed" });
  result.model.edges = [...now, ...gone];
}
