import type { Flow, FlowHealth } from "../../api/queries";

export type Which = "all" | "errors" | "drafts";
export type Order = "name" | "runs" | "failed" | "changed";

export interface Row {
  flow: Flow;
  health: FlowHealth | undefined;
}

const hasDraft = ({ savedVersion, publishedVersion }: Flow) => (savedVersion?.version ?? 0) > (publishedVersion?.version ?? 0);

/** Flows as the list shows them. What comes most is first, but names go from A to Z. */
export function rowsOf(flows: Flow[], healths: FlowHealth[], { name, which, order }: { name: string; which: Which; order: Order }): Row[] {
  const by = new Map(healths.map((one) => [one.id, one]));
  const rows = flows.map((flow): Row => ({ flow, health: by.get(flow.id) }));
  const wanted = name.toLowerCase();
  const found = rows.filter(({ flow, health }) => flow.name.toLowerCase().includes(wanted) && (which !== "errors" || (health?.failed ?? 0) > 0) && (which !== "drafts" || hasDraft(flow)));
  const changed = ({ flow, health }: Row) => Date.parse(health?.lastChange?.at ?? flow.dateModified);
  const most: Record<Order, (row: Row) => number> = { name: () => 0, runs: (row) => row.health?.runs ?? 0, failed: (row) => row.health?.failed ?? 0, changed };
  return found.sort((one, other) => (most[order] ?? most.name)(other) - (most[order] ?? most.name)(one) || one.flow.name.localeCompare(other.flow.name));
}
