import { type Edge, MarkerType, type Node } from "@xyflow/react";
import { type Change, type Comparison, line } from "../../graph/compare";
import { END } from "../../graph/model";
import type { Placed } from "../../graph/place";
import { at, type RunPath, versionWords } from "../../run/read";
import type { NodeCardData, SheetData } from "./cards";
import { DECISION_HEIGHT, type Drawn, WIDTH } from "./sheets";

/** The colours of changes, by their names in the styles. */
const CHANGED: Record<Change, string> = { added: "good", removed: "bad", changed: "warn", moved: "info" };

/** What is shown of the flows beside themselves. */
interface Shown {
  run?: RunPath | undefined;
  step?: number | undefined;
  comparison?: Comparison | undefined;
  picked?: string | undefined;
}

export function nodesOf(drawn: Drawn, placed: Placed[], { run, step, comparison, picked }: Shown): Node[] {
  const here = run && step !== undefined ? run.steps[step] : undefined;
  const nodes: Node[] = [];
  for (const box of placed) {
    const flow = drawn.flows.get(box.key);
    const sheet = drawn.sheets.find((one) => one.key === box.key);
    if (!flow || !sheet) continue;
    const data: SheetData = { name: flow.name, version: comparison ? "both versions" : versionWords(flow.version), ...(flow.href && { href: flow.href }) };
    const fixed = { draggable: false, selectable: false, focusable: false };
    nodes.push({ id: box.key, type: "sheet", position: { x: box.x, y: box.y }, width: box.width, height: box.height, data: data as never, zIndex: 0, ...fixed });
    for (const { id, width, height } of sheet.nodes) {
      const position = box.nodes[id] ?? { x: 0, y: 0 };
      const common = { id: at(box.key, id), parentId: box.key, position, width, height, zIndex: 2 };
      if (drawn.decided?.sheet === box.key && drawn.decided.node === id) {
        const below = { x: position.x, y: position.y + drawn.decided.below };
        common.height = drawn.decided.below - 6;
        nodes.push({ ...common, id: at(box.key, ":decision"), position: below, width: WIDTH, height: DECISION_HEIGHT, type: "decision", data: { ...drawn.decision } as never, ...fixed });
      }
      const written = flow.model.nodes.find((one) => one.id === id);
      if (!written) continue;
      const first = run?.visited.get(at(box.key, id)) ?? (id === END ? endedAt(run, box.key) : undefined);
      const current = run ? here?.sheet === box.key && here.node === id : picked === id;
      const times = run?.times.get(at(box.key, id)) ?? 0;
      const waited = run?.waited.get(at(box.key, id));
      const change = comparison?.nodes.get(id);
      const card: NodeCardData = {
        sheet: box.key,
        id,
        title: written.title,
        actions: run && first === undefined ? [] : written.actions,
        look: !run ? "plain" : first === undefined ? "off" : step !== undefined && first > step ? "ahead" : "lit",
        current,
        failed: run?.failed.has(at(box.key, id)) ?? false,
        ...(current && here?.action !== undefined && { action: here.action }),
        ...(times > 1 && { times }),
        ...(waited !== undefined && { waited }),
        ...(change && { change }),
        ...(comparison && { lines: linesOf(comparison, id) }),
      };
      const label = `${flow.name}: ${written.title}${run ? (first === undefined ? ", not reached" : ", reached") : ""}${change ? `, ${change}` : ""}`;
      nodes.push({ ...common, type: "node", data: card as never, draggable: false, selectable: id !== END, focusable: id !== END, ariaLabel: label });
    }
  }
  return nodes;
}

function linesOf(comparison: Comparison, node: string): Map<string, Change> {
  const actions = comparison.model.nodes.find((one) => one.id === node)?.actions ?? [];
  return new Map(
    actions.flatMap(({ path }) => {
      const change = comparison.lines.get(line(node, path));
      return change ? [[path, change] as const] : [];
    }),
  );
}

const endedAt = (run: RunPath | undefined, sheet: string) =>
  run && [...run.taken].find(([edge]) => edge.startsWith(`${sheet}/`) && edge.endsWith(":end"))?.[1];

/** A node as people call it: its id, without its sheet's. */
const bare = (key: string) => {
  const id = key.slice(key.lastIndexOf("/") + 1);
  return id === END ? "the end" : id;
};

export function edgesOf(drawn: Pick<Drawn, "edges">, { run, step, comparison }: Shown): Edge[] {
  const labelled = new Map<string, number>();
  for (const edge of drawn.edges) if (edge.label) labelled.set(edge.to, (labelled.get(edge.to) ?? 0) + 1);
  const before = new Map<string, number>();
  return drawn.edges.map((edge) => {
    const nth = before.get(edge.to) ?? 0;
    if (edge.label) before.set(edge.to, nth + 1);
    // Several labels before one node stand below each other.
    const lane = nth - ((labelled.get(edge.to) ?? 1) - 1) / 2;
    const key = at(edge.sheet, edge.id);
    const taken = edge.takenAt ?? run?.taken.get(key);
    const look = !run ? "plain" : taken !== undefined ? (step !== undefined && taken > step ? "ahead" : "lit") : run.refused.has(key) ? "refused" : "off";
    const changed = comparison?.edges.get(edge.id);
    const classes = [`edge-${look}`, `edge-${edge.kind}`, changed && `change-${changed.change}`].filter(Boolean).join(" ");
    return {
      id: key,
      source: edge.from,
      target: edge.to,
      type: "labelled",
      ariaLabel: `${bare(edge.from)} leads to ${bare(edge.to)}${edge.label ? `: ${edge.label}` : ""}`,
      className: classes,
      zIndex: look === "lit" ? 4 : look === "ahead" || changed ? 3 : 1,
      data: { label: edge.label, look, lane, ...(changed && { change: changed.change, before: changed.before }) },
      ...(edge.kind === "call" ? { sourceHandle: "call", targetHandle: "called" } : {}),
      markerEnd: { type: MarkerType.ArrowClosed, width: 15, height: 15, color: changed ? `var(--${CHANGED[changed.change]})` : look === "lit" || look === "ahead" ? "var(--accent)" : "var(--line-strong)" },
      focusable: false,
      selectable: false,
    };
  });
}
