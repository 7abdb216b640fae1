import type { AuditEntry } from "../../api/audit";
import { isRecord } from "../../components/Form/blank";

export interface Change {
  path: string;
  before: string | undefined;
  after: string | undefined;
}

/** In which members two states of a thing differ. */
export function changes(before: unknown, after: unknown): Change[] {
  const [one, other] = [flat(before), flat(after)];
  const paths = [...new Set([...one.keys(), ...other.keys()])];
  return paths.filter((path) => one.get(path) !== other.get(path)).map((path) => ({ path, before: one.get(path), after: other.get(path) }));
}

/** Every value by its path; an empty list or object is a value. */
function flat(value: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
  if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
    for (const [name, member] of Object.entries(value)) flat(member, Array.isArray(value) ? `${path}[${name}]` : path ? `${path}.${name}` : name, into);
  } else if (value !== undefined && (value !== null || path !== "")) {
    into.set(path, typeof value === "string" ? value : JSON.stringify(value));
  }
  return into;
}

/** The address at which versions are compared or read, for a change that made one. */
export function versionsOf({ entityKind, entityId, before, after }: Pick<AuditEntry, "entityKind" | "entityId" | "before" | "after">): { name: string; href: string } | undefined {
  const number = (state: unknown, name: string) => (isRecord(state) && typeof state[name] === "number" ? state[name] : undefined);
  if (entityKind === "flow") {
    const to = number(after, "newestVersion");
    const from = number(before, "newestVersion") ?? (to === undefined ? undefined : to - 1);
    return to !== undefined && from !== undefined && from > 0 && from !== to ? { name: `versions ${from} and ${to} compared`, href: `/flows/${entityId}/diff?from=${from}&to=${to}` } : undefined;
  }
  const rows = entityKind === "table" ? number(after, "version") : undefined;
  return rows === undefined ? undefined : { name: `version ${rows}`, href: `/tables/${entityId}?version=${rows}` };
}
