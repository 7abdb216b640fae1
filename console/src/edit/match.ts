import { equal, isRecord } from "./value";

/** For each item of a list as it is to be, the place of the item that it was; undefined for one that is new. */
export function match(before: unknown[], after: unknown[]): (number | undefined)[] {
  const ids = keysOf(before, after);
  if (ids) {
    const places = new Map(ids.before.map((id, place) => [id, place]));
    return ids.after.map((id) => places.get(id));
  }
  const found: (number | undefined)[] = after.map(() => undefined);
  const free = new Set(before.keys());
  const take = (place: number, was: number) => {
    found[place] = was;
    free.delete(was);
  };
  // What did not move is the same at both ends.
  let first = 0;
  while (first < Math.min(before.length, after.length) && equal(before[first], after[first])) take(first, first++);
  for (let back = 1; back <= Math.min(before.length, after.length) - first && equal(before.at(-back), after.at(-back)); back++) take(after.length - back, before.length - back);
  for (const [place, value] of after.entries()) {
    if (found[place] !== undefined) continue;
    const was = [...free].find((one) => equal(before[one], value));
    if (was !== undefined) take(place, was);
  }
  const open = [...after.keys()].filter((place) => found[place] === undefined);
  // As many changed as there were: each is what it was, with another content.
  if (open.length === free.size) for (const [nth, was] of [...free].sort((one, other) => one - other).entries()) take(open[nth] ?? 0, was);
  return found;
}

/** Ids of all items, if each has one of its own. */
function keysOf(before: unknown[], after: unknown[]): { before: string[]; after: string[] } | undefined {
  const ids = (list: unknown[]) => list.flatMap((one) => (isRecord(one) && typeof one.id === "string" ? [one.id] : []));
  const [was, is] = [ids(before), ids(after)];
  const whole = (list: unknown[], found: string[]) => found.length === list.length && new Set(found).size === found.length;
  if (!whole(before, was) || !whole(after, is)) return undefined;
  // One that was renamed where it stands is the same.
  const [known, wanted] = [new Set(was), new Set(is)];
  const gone = was.length === is.length ? was.filter((id) => !wanted.has(id)) : [];
  const [old] = gone;
  if (gone.length !== 1 || old === undefined) return { before: was, after: is };
  const place = was.indexOf(old);
  return is[place] !== undefined && resembles(before[place], after[place]) && !known.has(is[place]) ? { before: was, after: is.map((id, at) => (at === place ? (was[place] ?? id) : id)) } : { before: was, after: is };
}

/** Whether more than half of what two items say, but for their ids, is the same: one is the other with another id, and no other that took its place. */
export function resembles(one: unknown, other: unknown): boolean {
  if (!isRecord(one) || !isRecord(other)) return false;
  const says = (value: unknown) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => name !== "id" && (says(one[name]) || says(other[name])));
  return names.filter((name) => equal(one[name], other[name])).length * 2 > names.length;
}

/** Of places in a list, the longest run that is in order: what need not move. */
export function inOrder(places: number[]): Set<number> {
  // Of the runs of each length, where the one that ends lowest ends; and what each place follows in its run.
  const ends: number[] = [];
  const follows = new Map<number, number | undefined>();
  for (const place of places) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    follows.set(place, ends[low - 1]);
    ends[low] = place;
  }
  const run = new Set<number>();
  for (let place = ends.at(-1); place !== undefined; place = follows.get(place)) run.add(place);
  return run;
}
