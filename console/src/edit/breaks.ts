/** A change of a text: what is put in the place of a part of it. */
export interface Change {
  from: number;
  to: number;
  insert: string;
}

/** A text as an editor has it that knows one kind of line break. */
export const oneKind = (text: string): string => text.replace(/\r\n?/g, "\n");

/**
 * A text after changes that an editor made to what it has of it, in their order. Line breaks that nobody touched stay as they are; new ones are as the first.
 */
export function asWritten(text: string, changes: readonly Change[]): string {
  const [own = "\n"] = /\r\n?|\n/.exec(text) ?? [];
  // How far one came in both.
  let [at, seen] = [0, 0];
  const reach = (place: number) => {
    while (seen < place) {
      const next = text.indexOf("\r\n", at);
      const before = next < 0 ? Infinity : next - at;
      if (before >= place - seen) [at, seen] = [at + place - seen, place];
      else [at, seen] = [next + 2, seen + before + 1];
    }
    return at;
  };
  let [made, kept] = ["", 0];
  for (const { from, to, insert } of changes) {
    made += text.slice(kept, reach(from)) + insert.replaceAll("\n", own);
    kept = reach(to);
  }
  made += text.slice(kept);
  // A new break beside an old one of another kind may be one with it.
  const wanted = applied(oneKind(text), changes);
  return oneKind(made) === wanted ? made : wanted;
}

function applied(text: string, changes: readonly Change[]): string {
  let [made, kept] = ["", 0];
  for (const { from, to, insert } of changes) {
    made += text.slice(kept, from) + insert;
    kept = to;
  }
  return made + text.slice(kept);
}
