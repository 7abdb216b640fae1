import type { RunTrace, TraceEvent } from "../api/queries";
import { edgeIds, LAST } from "../graph/model";

/** A flow of a version that the run entered, however often. */
export interface Entered {
  key: string;
  flowId: string;
  name: string;
  version: number;
  /** Where it was first called from; absent for the route's flow, and after a transfer. */
  caller?: { sheet: string; node: string };
}

/** One event with where it happened. */
export interface Step {
  index: number;
  event: TraceEvent;
  /** How many calls deep. */
  depth: number;
  /** How many loops of the flow it is in. */
  loops: number;
  /** Which flow, which of its nodes, which of that node's actions, such as `actions[0].actions[2]`. */
  sheet?: string;
  node?: string;
  action?: string;
  /** Which call: variables are the call's own. */
  frame: number;
}

/** A version in words. A flow that is tried as it is edited is of none. */
export const versionWords = (version: number): string => (version > 0 ? `version ${version}` : "as edited");

/** A run as it is drawn. */
export interface RunPath {
  steps: Step[];
  entered: Entered[];
  /** The first step at each node, by `sheet/node`. */
  visited: Map<string, number>;
  /** How often each node was entered. */
  times: Map<string, number>;
  /** How long the run waited at each node for answers from elsewhere, in milliseconds. Nothing else that a run does takes time. */
  waited: Map<string, number>;
  /** The first step along each edge that was taken, by `sheet/edge`. */
  taken: Map<string, number>;
  /** Edges whose conditions did not hold when their node was last left. */
  refused: Set<string>;
  /** Jumps that were taken: they may come from the flow's `onError`, which no node shows. */
  jumps: { sheet: string; from: string; to: string; why: string }[];
  /** Nodes at which an error arose. */
  failed: Set<string>;
  dropped: number;
}

interface Frame {
  number: number;
  sheet: string;
  node?: string;
  action?: string;
  /** The loops that are under way, the innermost last, by their actions. */
  loops: string[];
  /** The node was left by a branch or a jump: the next node is no fall-through. */
  left: boolean;
  /** The type of the action that began last in the node. */
  does?: string;
}

export const at = (sheet: string, what: string) => `${sheet}/${what}`;

export function readRun(trace: RunTrace): RunPath {
  const path: RunPath = {
    steps: [],
    entered: [],
    visited: new Map(),
    times: new Map(),
    waited: new Map(),
    taken: new Map(),
    refused: new Set(),
    jumps: [],
    failed: new Set(),
    dropped: trace.dropped ?? 0,
  };
  const first = (map: Map<string, number>, key: string, step: number) => map.has(key) || map.set(key, step);
  let stack: Frame[] = [];
  let frames = 0;
  // After an error, calls are left until one catches it.
  let unwinding = false;
  const walkedOff = (frame: Frame | undefined, index: number) => {
    if (frame?.node === undefined || frame.left || unwinding || (frame.does && LAST.has(frame.does))) return;
    first(path.taken, at(frame.sheet, edgeIds.end(frame.node)), index);
  };
  trace.events.forEach((event, index) => {
    const before = stack.at(-1);
    switch (event.event) {
      case "flow": {
        const sheet = `${event.id}@${event.version}`;
        if (!path.entered.some((one) => one.key === sheet)) {
          const caller = before?.node === undefined ? {} : { caller: { sheet: before.sheet, node: before.node } };
          path.entered.push({ key: sheet, flowId: event.id, name: event.name, version: event.version, ...caller });
        }
        stack.push({ number: ++frames, sheet, left: false, loops: [] });
        break;
      }
      case "transfer":
        stack = [];
        break;
      case "node":
        if (before) {
          if (before.node !== undefined && !before.left) first(path.taken, at(before.sheet, edgeIds.next(before.node)), index);
          before.node = event.id;
          delete before.action;
          delete before.does;
          before.left = false;
          before.loops = [];
          first(path.visited, at(before.sheet, event.id), index);
          path.times.set(at(before.sheet, event.id), (path.times.get(at(before.sheet, event.id)) ?? 0) + 1);
        }
        break;
      case "action":
        if (before) [before.action, before.does] = [[...before.loops.slice(-1), `actions[${event.index}]`].join("."), event.type];
        break;
      case "turn":
        if (before?.action !== undefined && event.number === 0) before.loops.push(before.action);
        if (before?.loops.length) before.action = before.loops.at(-1);
        break;
      case "loopEnd":
        if (before && event.turns > 0) before.action = before.loops.pop();
        break;
      case "branch":
        if (before?.node !== undefined) {
          const node = before.node;
          delete before.action;
          before.left = true;
          const place = event.index ?? event.failed?.length ?? 0;
          for (let one = 0; one < place; one++) path.refused.add(at(before.sheet, edgeIds.branch(node, one)));
          const edge = event.to == null || event.index == null ? edgeIds.end(node) : edgeIds.branch(node, event.index);
          path.refused.delete(at(before.sheet, edge));
          first(path.taken, at(before.sheet, edge), index);
        }
        break;
      case "notFound":
      case "failure":
      case "timedOut":
      case "caught":
        if (before?.node !== undefined) {
          before.left = true;
          unwinding = false;
          const why = event.event === "caught" ? "onError" : event.event;
          path.jumps.push({ sheet: before.sheet, from: before.node, to: event.to, why });
          first(path.taken, at(before.sheet, edgeIds.jump(before.node, event.to)), index);
        }
        break;
      case "lookup":
        if (before?.node !== undefined && event.tookMs != null) {
          const node = at(before.sheet, before.node);
          path.waited.set(node, (path.waited.get(node) ?? 0) + event.tookMs);
        }
        break;
      case "leave":
      case "decision":
        walkedOff(before, index);
        break;
      case "error":
        unwinding = true;
        if (before?.node !== undefined) path.failed.add(at(before.sheet, before.node));
        break;
    }
    // An input belongs to the call that comes, and is shown as one of the call's.
    const top = event.event === "leave" ? before : stack.at(-1);
    path.steps.push({
      index,
      event,
      depth: Math.max(0, stack.length - 1),
      frame: event.event === "input" ? frames + 1 : (top?.number ?? 0),
      loops: top?.loops.length ?? 0,
      ...(top && { sheet: top.sheet }),
      ...(top?.node !== undefined && { node: top.node }),
      ...(top?.action !== undefined && { action: top.action }),
    });
    if (event.event === "leave") stack.pop();
  });
  return path;
}

export interface Value {
  scope: "input" | "variable" | "output" | "attribute" | "run";
  name: string;
  value: unknown;
  /** The step that set it. */
  setAt: number;
}

/** What the run knows after a step, as far as the trace kept values: the call's own inputs, variables and outputs, and what all calls share. */
export function valuesAt(path: RunPath, step: number): Value[] {
  const frame = path.steps[step]?.frame ?? 0;
  const known = new Map<string, Value>();
  for (const one of path.steps.slice(0, step + 1)) {
    const { event } = one;
    const put = (scope: Value["scope"], name: string, value: unknown) =>
      known.set(`${scope} ${name}`, { scope, name, value, setAt: one.index });
    const mine = one.frame === frame;
    if (event.event === "input" && mine) put("input", event.name, event.value);
    if (event.event === "output" && mine) put("variable", event.name, event.value);
    if (event.event === "set") {
      if (event.target === "attribute") put("attribute", event.name, event.value);
      else if (event.target === "priority" || event.target === "outcome") put("run", event.name, event.value);
      else if (mine) put(event.target === "output" ? "output" : "variable", event.name, event.value);
    }
  }
  const order = ["input", "variable", "output", "attribute", "run"];
  return [...known.values()].sort((one, other) => order.indexOf(one.scope) - order.indexOf(other.scope));
}
