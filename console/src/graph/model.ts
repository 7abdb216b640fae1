import type { FlowDocument } from "../api/queries";

/** An action as its node's card shows it. */
export interface ActionLine {
  type: string;
  /** What it is about, in few words: a queue, a variable, a flow. */
  about: string;
  /** Where it is in the node, such as `actions[0].actions[2]`. */
  path: string;
}

export interface ModelNode {
  id: string;
  title: string;
  actions: ActionLine[];
}

/** `branch`: of `next`. `next`: to the following node. `end`: the flow's end. `jump`: where an action or the flow goes instead. */
export type EdgeKind = "branch" | "next" | "end" | "jump";

export interface ModelEdge {
  id: string;
  from: string;
  to: string;
  kind: EdgeKind;
  /** The whole condition, or the jump's name. */
  label?: string;
}

/** What is drawn of a flow. */
export interface Model {
  nodes: ModelNode[];
  edges: ModelEdge[];
}

/** The id of the pill that stands for the flow's end. No node has it: ids of nodes have no colon. */
export const END = ":end";

interface Action {
  type: string;
  [member: string]: unknown;
}

/** Actions after which the node is left: nothing follows them. */
export const LAST = new Set(["transferToQueue", "transferToFlow", "forward", "disconnect", "return"]);

/** Members of actions that name a node where the run goes on. */
export const JUMPS = ["notFound", "failure", "timedOut", "onError"];

export const edgeIds = {
  branch: (from: string, index: number) => `${from}:branch:${index}`,
  next: (from: string) => `${from}:next`,
  end: (from: string) => `${from}:end`,
  jump: (from: string, to: string) => `${from}:jump:${to}`,
};

export function modelOf(document: Pick<FlowDocument, "nodes">): Model {
  const written = document.nodes ?? [];
  const known = knownOf(written);
  const nodes: ModelNode[] = [];
  // Two nodes may have one id while somebody types.
  const found = new Map<string, ModelEdge>();
  for (const [place, node] of written.entries()) {
    const { shown, waysFor } = drawnOf(node);
    nodes.push(shown);
    for (const edge of waysFor(written[place + 1]?.id, known)) if (!found.has(edge.id)) found.set(edge.id, edge);
  }
  const edges = [...found.values()];
  if (edges.some((edge) => edge.to === END)) nodes.push({ id: END, title: "End", actions: [] });
  return { nodes, edges };
}

/** The ids of the nodes: the same set as long as they are the same. */
let lately = new Set<string>();

function knownOf(written: Written[]): Set<string> {
  const known = new Set(written.map((node) => node.id));
  if (known.size !== lately.size || written.some((node) => !lately.has(node.id))) lately = known;
  return lately;
}

type Written = NonNullable<FlowDocument["nodes"]>[number];

interface Drawn {
  shown: ModelNode;
  /** The edges that leave it, if another node follows it and some are known. */
  waysFor: (following: string | undefined, known: Set<string>) => ModelEdge[];
}

/** What is drawn of a node. Documents are never changed: of thousands of nodes only those that are new are looked at. */
const drawn = new WeakMap<Written, Drawn>();

function drawnOf(node: Written): Drawn {
  const before = drawn.get(node);
  if (before) return before;
  const actions = (node.actions ?? []) as Action[];
  let last: { following: string | undefined; known: Set<string>; ways: ModelEdge[] } | undefined;
  const made: Drawn = {
    shown: { id: node.id, title: String(node.name || node.id), actions: actions.flatMap((action, index) => lines(action, "", `actions[${index}]`)) },
    waysFor: (following, known) => {
      if (!last || last.following !== following || last.known !== known) last = { following, known, ways: ways(node, actions, following, known) };
      return last.ways;
    },
  };
  drawn.set(node, made);
  return made;
}

function ways(node: Written, actions: Action[], following: string | undefined, known: Set<string>): ModelEdge[] {
  const edges = new Map<string, ModelEdge>();
  const add = (edge: ModelEdge) => edges.has(edge.id) || edges.set(edge.id, edge);
  for (const [name, to] of jumps(actions)) {
    if (known.has(to)) add({ id: edgeIds.jump(node.id, to), from: node.id, to, kind: "jump", label: name });
  }
  if (!LAST.has(actions.at(-1)?.type ?? "")) leave(node, following, known, add);
  return [...edges.values()];
}

function leave(node: Written, following: string | undefined, known: Set<string>, add: (edge: ModelEdge) => void) {
  if (!node.next) {
    if (following) add({ id: edgeIds.next(node.id), from: node.id, to: following, kind: "next" });
    else add({ id: edgeIds.end(node.id), from: node.id, to: END, kind: "end" });
    return;
  }
  node.next.forEach((branch, index) => {
    if (!known.has(branch.to)) return;
    const label = branch.when ? expression(String(branch.when)) : node.next?.length === 1 ? "" : "otherwise";
    add({ id: edgeIds.branch(node.id, index), from: node.id, to: branch.to, kind: "branch", ...(label && { label }) });
  });
  if (node.next.every((branch) => branch.when)) {
    add({ id: edgeIds.end(node.id), from: node.id, to: END, kind: "end", label: node.next.length > 0 ? "otherwise" : "" });
  }
}

/** Where actions jump, those of loops included. */
function jumps(actions: Action[]): [string, string][] {
  return actions.flatMap((action) => {
    const named = JUMPS.flatMap((name): [string, string][] => {
      const to = (action[name] as { to?: unknown } | undefined | null)?.to;
      return typeof to === "string" ? [[name, to]] : [];
    });
    const inner = Array.isArray(action.actions) ? jumps(action.actions as Action[]) : [];
    return [...named, ...inner];
  });
}

/** One action as a line of its own. */
export const lineOf = (action: Action): ActionLine => ({ type: action.type, about: about(action), path: "" });

function lines(action: Action, indent: string, path: string): ActionLine[] {
  const inner = Array.isArray(action.actions) ? (action.actions as Action[]) : [];
  const line = { type: indent + action.type, about: about(action), path };
  return [line, ...inner.flatMap((one, index) => lines(one, `${indent}· `, `${path}.actions[${index}]`))];
}

/** Members that tell best what an action is about, the first that is there. */
const TELLING = [
  "flow", "flowId", "queue", "name", "attributes", "priority", "addresses", "to", "table", "schedule", "webhook", "dataAction", "outcome",
  "items", "when", "reason", "message", "subject",
];

function about(action: Action): string {
  for (const member of TELLING) {
    const value = action[member];
    if (typeof value === "string" || typeof value === "number") return expression(String(value));
    if (Array.isArray(value)) return value.join(", ");
    if (value && typeof value === "object") return Object.keys(value).join(", ");
  }
  return "";
}

/** The expression of a `${…}`, as people write it. */
export function expression(text: string): string {
  const whole = /^\$\{([^]*)\}$/.exec(text);
  return (whole?.[1] ?? text).trim().replace(/\s+/g, " ");
}
