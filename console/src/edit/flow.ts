import { JUMPS, LAST } from "../graph/model";
import { isRecord, type Path, withValue } from "./value";

/** A flow's document as it is edited: anything may be missing, or not yet right. */
export interface FlowValue {
  name?: string;
  type?: string;
  nodes?: NodeValue[];
  [member: string]: unknown;
}

export interface NodeValue {
  id: string;
  name?: string;
  actions?: ActionValue[];
  next?: BranchValue[];
  [member: string]: unknown;
}

export interface ActionValue {
  type: string;
  [member: string]: unknown;
}

export interface BranchValue {
  when?: string;
  to: string;
  [member: string]: unknown;
}

/** What keeps a flow from being drawn and shown in forms, with its place: lists and objects that are something else. The server says the rest. */
export function undrawable(flow: FlowValue): string | undefined {
  const list = (value: unknown, path: string, one: string, inside: (item: Record<string, unknown>, path: string) => string | undefined): string | undefined => {
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) return `\`${path}\` is not a list`;
    for (const [place, item] of value.entries()) {
      const at = `${path}[${place}]`;
      const found = isRecord(item) ? inside(item, at) : `\`${at}\` is not ${one}`;
      if (found) return found;
    }
    return undefined;
  };
  const actions = (value: unknown, path: string): string | undefined => list(value, path, "an action", (action, at) => actions(action.actions, `${at}.actions`));
  return list(flow.nodes, "nodes", "a node", (node, at) => {
    if (drawable.has(node)) return undefined;
    const found = typeof node.id !== "string" ? `\`${at}\` has no id` : (actions(node.actions, `${at}.actions`) ?? list(node.next, `${at}.next`, "a branch", () => undefined));
    if (!found) drawable.add(node);
    return found;
  });
}

/** Nodes that can be drawn: of thousands only those that changed are looked at again. */
const drawable = new WeakSet<object>();

/** Members that are the flow's own, not a version's: a draft does not change them. */
export const UNDRAFTED = ["name", "type", "description", "deprecated"];

/** The nodes that have an id. Of one list they are found once: it is asked for from many sides. */
export function nodesOf({ nodes }: FlowValue): NodeValue[] {
  if (!Array.isArray(nodes)) return [];
  const before = named.get(nodes);
  if (before) return before;
  const found = nodes.filter((node) => typeof node?.id === "string");
  named.set(nodes, found);
  return found;
}

const named = new WeakMap<readonly NodeValue[], NodeValue[]>();

export const placeOf = (flow: FlowValue, id: string): number => (flow.nodes ?? []).findIndex((node) => node?.id === id);

/** The action after which a node is left, if it has one: nothing follows it, whatever `next` says. */
export function lastOf(node: NodeValue | undefined): string | undefined {
  const type = node?.actions?.at(-1)?.type;
  return type !== undefined && LAST.has(type) ? type : undefined;
}

/** What a condition says until someone writes one: the branch is not taken. */
export const NEVER = "${false}";

/** An id that no node has yet. */
export function freshId(flow: FlowValue, wish = "node"): string {
  const taken = new Set(nodesOf(flow).map((node) => node.id));
  for (let number = 1; ; number++) {
    const id = number === 1 && wish !== "node" ? wish : `${wish}-${number}`;
    if (!taken.has(id)) return id;
  }
}

/** Puts a new node after another. The other leads to it, as far as nothing else changes by that. */
export function addNode(flow: FlowValue, after: string | undefined): { flow: FlowValue; id: string } {
  const id = freshId(flow);
  const nodes = [...(flow.nodes ?? [])];
  const place = after === undefined ? nodes.length - 1 : placeOf(flow, after);
  nodes.splice(place + 1, 0, { id, actions: [] });
  const made = { ...flow, nodes };
  const before = after === undefined ? undefined : nodes[place];
  // Without branches the run goes on at the node that follows, which is the new one.
  return { flow: before?.next ? connect(made, before.id, id) : made, id };
}

/** Why nothing leads to a node that is added there; undefined if something does, or the run begins with it. */
export function apart(flow: FlowValue, after: string | undefined): string | undefined {
  const before = after === undefined ? nodesOf(flow).at(-1) : nodesOf(flow).find((node) => node.id === after);
  const last = lastOf(before);
  if (before && last) return `${last} ends ${before.id}`;
  return before?.next && after === undefined ? `${before.id}, the last node, has branches` : undefined;
}

/** Takes a node away, and all that leads to it. */
export function removeNode(flow: FlowValue, id: string): FlowValue {
  const nodes = (flow.nodes ?? []).filter((node) => node?.id !== id);
  return mapTargets({ ...flow, nodes }, (to) => (to === id ? undefined : to));
}

/** Where anything of a flow leads to. */
export function targetsOf(flow: FlowValue): Set<string> {
  const found = new Set<string>();
  mapTargets(flow, (to) => {
    found.add(to);
    return to;
  });
  return found;
}

/** Gives a node another id, and names it so wherever something leads to it. */
export function renameNode(flow: FlowValue, id: string, next: string): FlowValue {
  const nodes = (flow.nodes ?? []).map((node) => (node?.id === id ? { ...node, id: next } : node));
  return mapTargets({ ...flow, nodes }, (to) => (to === id ? next : to));
}

/** Leads from one node to another. What is there already still goes where it went. */
export function connect(flow: FlowValue, from: string, to: string): FlowValue {
  const place = placeOf(flow, from);
  const node = flow.nodes?.[place];
  if (!node) return flow;
  const following = flow.nodes?.[place + 1]?.id;
  const next = node.next ?? (following !== undefined && following !== to ? [{ to: following }] : []);
  const last = next.findIndex((branch) => branch.when === undefined);
  const branch = { to };
  // Before one that is always taken, a new one needs a condition.
  const made = last < 0 ? [...next, branch] : [...next.slice(0, last), { when: NEVER, to }, ...next.slice(last)];
  return withValue(flow, ["nodes", place, "next"], made) as FlowValue;
}

/** Where the branch stands that `connect` made. */
export function branchTo(flow: FlowValue, from: string, to: string): number {
  return (nodesOf(flow).find((node) => node.id === from)?.next ?? []).findLastIndex((branch) => branch.to === to);
}

export function moved<T>(list: T[], from: number, to: number): T[] {
  const made = [...list];
  const [one] = made.splice(from, 1);
  if (one !== undefined) made.splice(Math.max(0, Math.min(to, made.length)), 0, one);
  return made;
}

/** Sets a member of a flow at a path. */
export const put = (flow: FlowValue, path: Path, value: unknown): FlowValue => withValue(flow, path, value) as FlowValue;

/** What leads nowhere else stays the same object, so that nobody looks at it again. */
function mapTargets(flow: FlowValue, target: (to: string) => string | undefined): FlowValue {
  const jump = (value: unknown) => {
    const to = (value as { to?: unknown } | undefined | null)?.to;
    if (typeof to !== "string") return value;
    const next = target(to);
    return next === undefined ? undefined : next === to ? value : { ...(value as object), to: next };
  };
  const action = (one: ActionValue): ActionValue => {
    const made = JUMPS.reduce((before, name) => withMember(before, name, jump(one[name])), one);
    return Array.isArray(one.actions) ? withMember(made, "actions", each(one.actions as ActionValue[], action)) : made;
  };
  const branch = (one: BranchValue) => jump(one) as BranchValue | undefined;
  const nodes = each(flow.nodes ?? [], (node) => {
    const made = Array.isArray(node?.actions) ? withMember(node, "actions", each(node.actions, action)) : node;
    return Array.isArray(node?.next) ? withMember(made, "next", each(node.next, branch)) : made;
  });
  return withMember({ ...flow, nodes }, "onError", jump(flow.onError));
}

/** The list with each item mapped; the same one if all of them are the same. Nothing is made for those: there are thousands. */
function each<T>(list: T[], one: (item: T) => T | undefined): T[] {
  let made: T[] | undefined;
  for (const [place, item] of list.entries()) {
    const next = one(item);
    if (next !== item) made ??= list.slice(0, place);
    if (made && next !== undefined) made.push(next);
  }
  return made ?? list;
}

/** An object with a member that it has set to something else, or taken away. */
function withMember<T extends object>(owner: T, name: string, value: unknown): T {
  if (!(name in owner) || (owner as Record<string, unknown>)[name] === value) return owner;
  const made = { ...owner } as Record<string, unknown>;
  if (value === undefined) delete made[name];
  else made[name] = value;
  return made as T;
}
