import { equal, isRecord } from "./value";

/**
 * A change that was made to what a form showed, made to what the text says by now. Where both changed the same list the text's stays: nothing
 * newer is written over.
 */
export function rebased(shown: unknown, wanted: unknown, now: unknown): unknown {
  if (Object.is(shown, now) || equal(shown, now)) return wanted;
  if (Object.is(shown, wanted) || equal(shown, wanted)) return now;
  if (isRecord(shown) && isRecord(wanted) && isRecord(now)) {
    const made: Record<string, unknown> = {};
    for (const name of new Set([...Object.keys(now), ...Object.keys(wanted)])) {
      const value = rebased(shown[name], wanted[name], now[name]);
      if (value !== undefined) made[name] = value;
    }
    return made;
  }
  if (Array.isArray(shown) && Array.isArray(wanted) && Array.isArray(now)) {
    if (shown.length === now.length && shown.length === wanted.length && shown.every((one, place) => idOf(one) === idOf(now[place]))) return now.map((one, place) => rebased(shown[place], wanted[place], one));
    return byId(shown, wanted, now) ?? now;
  }
  return wanted;
}

/** Of lists of nodes, each by itself: one that was added to one list, or taken from it, is so in both. */
function byId(shown: unknown[], wanted: unknown[], now: unknown[]): unknown[] | undefined {
  const [before, after, current] = [keyed(shown), keyed(wanted), keyed(now)];
  if (!before || !after || !current) return undefined;
  const kept = [...current].filter(([id]) => after.has(id) || !before.has(id)).map(([id, one]) => (after.has(id) && before.has(id) ? rebased(before.get(id), after.get(id), one) : one));
  return [...kept, ...[...after].filter(([id]) => !before.has(id) && !current.has(id)).map(([, one]) => one)];
}

const idOf = (one: unknown) => (isRecord(one) ? one.id : undefined);

function keyed(list: unknown[]): Map<string, unknown> | undefined {
  const found = new Map(list.flatMap((one) => (isRecord(one) && typeof one.id === "string" ? [[one.id, one] as const] : [])));
  return found.size === list.length ? found : undefined;
}
