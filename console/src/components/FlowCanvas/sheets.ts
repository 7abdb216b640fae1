import { edgeIds, type EdgeKind, type Model } from "../../graph/model";
import type { Sheet } from "../../graph/place";
import { at, type RunPath } from "../../run/read";
import type { FlowCanvasProps } from "./FlowCanvas";

export interface DrawnEdge {
  sheet: string;
  id: string;
  /** Ids of nodes of the canvas. */
  from: string;
  to: string;
  kind: EdgeKind | "call";
  label?: string;
  /** For edges that are there because the run went along them. */
  takenAt?: number;
}

export interface Drawn {
  flows: Map<string, { name: string; version: number; model: Model; href?: string }>;
  sheets: Sheet[];
  edges: DrawnEdge[];
  decision?: { title: string; bad: boolean };
  /** The node at which the run ended; what came of it stands below. */
  decided?: { sheet: string; node: string; below: number };
}

export const WIDTH = 236;
const HEAD = 34;
const LINE = 22;
const MOST_LINES = 7;
export const DECISION_HEIGHT = 46;

/** What is to be laid out, and the edges between it all. */
export function sheetsOf(flows: FlowCanvasProps["flows"], run: RunPath | undefined, decision: FlowCanvasProps["decision"]): Drawn {
  const last = run?.steps.at(-1);
  const drawn: Drawn = { flows: new Map(flows.map((flow) => [flow.key, flow])), sheets: [], edges: [], ...(decision && { decision }) };
  for (const { key, model } of flows) {
    // Of a run's flows, nodes that were not reached show their names alone: the path is what is looked at.
    const open = (id: string) => !run || run.visited.has(at(key, id));
    const nodes = model.nodes.map(({ id, actions }) => (id.startsWith(":") ? { id, width: 72, height: 30 } : { id, width: WIDTH, height: heightOf(open(id) ? actions.length : 0) }));
    const inner = model.edges.map(({ from, to }) => ({ from, to }));
    for (const edge of model.edges) {
      drawn.edges.push({ sheet: key, id: edge.id, from: at(key, edge.from), to: at(key, edge.to), kind: edge.kind, ...(edge.label && { label: edge.label }) });
    }
    for (const jump of run?.jumps ?? []) {
      const id = edgeIds.jump(jump.from, jump.to);
      if (jump.sheet !== key || drawn.edges.some((edge) => edge.sheet === key && edge.id === id)) continue;
      drawn.edges.push({ sheet: key, id, from: at(key, jump.from), to: at(key, jump.to), kind: "jump", label: jump.why });
      inner.push({ from: jump.from, to: jump.to });
    }
    const decides = decision && last?.sheet === key && nodes.find((node) => node.id === last.node);
    if (decides) {
      drawn.decided = { sheet: key, node: decides.id, below: decides.height + 6 };
      decides.height += DECISION_HEIGHT + 6;
    }
    const caller = run?.entered.find((one) => one.key === key)?.caller;
    const known = caller && flows.some((flow) => flow.key === caller.sheet);
    drawn.sheets.push({ key, nodes, edges: inner });
    const first = model.nodes[0];
    if (run && caller && known && first) {
      const enteredAt = run.steps.find((step) => step.sheet === key)?.index ?? 0;
      drawn.edges.push({ sheet: key, id: ":call", from: at(caller.sheet, caller.node), to: at(key, first.id), kind: "call", takenAt: enteredAt });
    }
  }
  return drawn;
}

function heightOf(actions: number): number {
  return HEAD + (actions === 0 ? 0 : 10 + Math.min(actions, MOST_LINES) * LINE + (actions > MOST_LINES ? LINE : 0));
}

/** The lines that a card has room for, and how many more there are. */
export function shownLines<T>(lines: T[]): { lines: T[]; more: number } {
  return { lines: lines.slice(0, MOST_LINES), more: Math.max(0, lines.length - MOST_LINES) };
}
