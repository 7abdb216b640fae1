/** Steps to a value in a document: names of members and places in lists. */
export type Path = readonly (string | number)[];

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether two values mean the same. The order of members means nothing. */
export function equal(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one)) return Array.isArray(other) && one.length === other.length && one.every((value, place) => equal(value, other[place]));
  if (!isRecord(one) || !isRecord(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => name in other && equal(one[name], other[name]));
}

/** What means the same absent: the server writes out empty lists that a text leaves out, and leaves out what is null. */
const nothing = (value: unknown) => value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** Whether two values mean the same, one of them as the server writes it out. */
export function alike(one: unknown, other: unknown): boolean {
  if (Object.is(one, other) || (nothing(one) && nothing(other))) return true;
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((value, place) => alike(value, other[place]));
  return isRecord(one) && isRecord(other) && [...new Set([...Object.keys(one), ...Object.keys(other)])].every((name) => alike(one[name], other[name]));
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((found, step) => (typeof step === "number" ? (Array.isArray(found) ? found[step] : undefined) : isRecord(found) ? found[step] : undefined), value);
}

/** A copy with another value at a path; undefined takes the member, or the item of the list, away. */
export function withValue(value: unknown, [step, ...rest]: Path, next: unknown): unknown {
  if (step === undefined) return next;
  if (typeof step === "number") {
    const list = Array.isArray(value) ? [...(value as unknown[])] : [];
    const made = withValue(list[step], rest, next);
    if (made === undefined) list.splice(step, 1);
    else list[step] = made;
    return list;
  }
  const record = isRecord(value) ? value : {};
  const made = withValue(record[step], rest, next);
  if (made !== undefined) return { ...record, [step]: made };
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== step));
}

/** A path as the server writes it, such as `nodes[0].actions[1].queue`. */
export const written = (path: Path): string => path.reduce<string>((text, step) => (typeof step === "number" ? `${text}[${step}]` : text ? `${text}.${step}` : step), "");

/** The steps of a path that the server wrote. */
export function steps(text: string): Path {
  return [...text.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, place, name]) => (place === undefined ? (name ?? "") : Number(place)));
}
