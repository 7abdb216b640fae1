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
