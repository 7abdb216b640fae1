import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { KINDS, type KindName } from "../../api/kinds";
import { type Entity, objects } from "../../api/objects";
import { all, type Flow } from "../../api/queries";
import { allows } from "../../api/scopes";
import { useSession } from "../../app/session";
import type { FlowFacts } from "../../components/Form/context";
import { rangeAt, type Reading } from "../../edit/edit";
import { type FlowValue, nodesOf } from "../../edit/flow";
import { type Named, scopeOf } from "../../edit/scope";
import { steps } from "../../edit/value";

/** Kinds of objects that flows name. */
const NAMED = ["queue", "table", "schedule", "webhook", "dataAction", "skill", "language"] satisfies KindName[];
const LONGEST = 2000;

/** What forms and completion know of a flow, and of what it can name. */
export function useFacts(flow: FlowValue, reading: Reading | undefined): FlowFacts {
  const session = useSession();
  const lists = useQueries({
    queries: [
      { queryKey: ["flows", "named"], queryFn: ({ signal }: { signal: AbortSignal }) => all<Flow>("/flows", signal) as unknown as Promise<Entity[]>, staleTime: 30_000, enabled: true },
      ...NAMED.map((name) => ({ ...objects<Entity>(KINDS[name]), queryKey: ["named", name] as readonly unknown[], staleTime: 30_000, enabled: allows(session, KINDS[name].read) })),
    ] as { queryKey: readonly unknown[]; queryFn: (context: { signal: AbortSignal }) => Promise<Entity[]>; staleTime: number; enabled: boolean }[],
    combine: dataOf,
  });
  const names = useCallback(
    (kind: string): Named[] => {
      const list = lists[kind === "flow" ? 0 : NAMED.indexOf(kind as (typeof NAMED)[number]) + 1];
      return (list ?? []).map((one) => ({ name: one.name ?? one.id, help: kind === "flow" ? String(one.type ?? "") : "" }));
    },
    [lists],
  );
  const scopeText = JSON.stringify(useMemo(() => scopeOf(flow), [flow]));
  const scope = useMemo(() => JSON.parse(scopeText) as ReturnType<typeof scopeOf>, [scopeText]);
  const ids = nodesOf(flow).map((node) => node.id).join("\n");
  const nodes = useMemo(() => ids.split("\n").filter(Boolean), [ids]);
  const source = useCallback(
    (path: string) => {
      const at = steps(path);
      const found = reading && at.length > 0 ? rangeAt(reading, at) : undefined;
      if (!reading || !found) return undefined;
      const { text } = reading;
      const [from, to] = found;
      const name = at.at(-1);
      const value = text.slice(from, Math.min(to, from + LONGEST)).trimEnd();
      return typeof name === "string" ? `${name}: ${value.split("\n").length > 1 ? value.split("\n").join(" ⏎ ").replace(/\s+/g, " ") : value}` : dedented(text, from, value);
    },
    [reading],
  );
  return useMemo(() => ({ scope, names, nodes, source }), [scope, names, nodes, source]);
}

const dataOf = (found: { data: Entity[] | undefined }[]) => found.map((one) => one.data);

/** The lines of a value as if they began at the margin. */
function dedented(text: string, from: number, value: string): string {
  const column = from - (text.lastIndexOf("\n", from - 1) + 1);
  return value.replaceAll(`\n${" ".repeat(column)}`, "\n");
}
