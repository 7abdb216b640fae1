/** Lines of a text that others stand in the place of. */
interface Hunk {
  from: number;
  to: number;
  lines: string[];
}

/** Two who differ from their base in more lines than this are not brought together by lines. */
const MOST = 600;

export interface Together {
  text: string;
  /** Whether both changed the same lines: then the comments of both are there. */
  both: boolean;
}

/**
 * Two texts that mean the same, and what both came from: what either changed is in the result. Where both changed the same lines they are as theirs, and my
 * comments stand before them. Undefined where too much differs; whether the result means the same is the caller's to check.
 */
export function together(base: string, mine: string, theirs: string): Together | undefined {
  const lines = base.split("\n");
  const [ours, others] = [hunks(lines, mine.split("\n")), hunks(lines, theirs.split("\n"))];
  if (!ours || !others) return undefined;
  const made: string[] = [];
  let [at, both] = [0, false];
  while (ours.length > 0 || others.length > 0) {
    let from = Math.min(ours[0]?.from ?? Infinity, others[0]?.from ?? Infinity);
    made.push(...lines.slice(at, from));
    at = from;
    const [my, their]: [Hunk[], Hunk[]] = [[], []];
    // What touches is one: of two that put lines into the same place it is not known which come first.
    for (let more = true; more; ) {
      more = false;
      for (const [from, to] of [[ours, my], [others, their]] as const) {
        const [next] = from;
        if (!next || next.from > at || (my.length + their.length > 0 && next.from > end([...my, ...their]))) continue;
        to.push(next);
        from.shift();
        at = Math.max(at, next.to);
        more = true;
      }
    }
    from = Math.min(...[...my, ...their].map((one) => one.from));
    const [as, like] = [applied(lines, from, at, my), applied(lines, from, at, their)];
    if (my.length === 0 || their.length === 0 || as.join("\n") === like.join("\n")) made.push(...(their.length === 0 ? as : like));
    else {
      const [own, base, other] = [as, lines.slice(from, at), like].map((all) => all.flatMap(commentOf));
      // What was there before, theirs have or took away; what both wrote is there once.
      made.push(...without(without(own ?? [], base ?? []), without(other ?? [], base ?? [])), ...like);
      both = true;
    }
  }
  made.push(...lines.slice(at));
  return { text: made.join("\n"), both };
}

const end = (some: Hunk[]) => Math.max(...some.map((one) => one.to));

function applied(lines: string[], from: number, to: number, some: Hunk[]): string[] {
  const made: string[] = [];
  let at = from;
  for (const one of some) {
    made.push(...lines.slice(at, one.from), ...one.lines);
    at = one.to;
  }
  return [...made, ...lines.slice(at, to)];
}

/** Comments without as many of each as there are in another list, wherever in their lines they stand. */
function without(all: string[], some: string[]): string[] {
  const left = some.map((one) => one.trim());
  return all.filter((one) => {
    const place = left.indexOf(one.trim());
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
}

/** What stands before a line's comment: quoted text, which may have any `#` in it, and others that no space stands before. */
const VALUE = /^(?:"(?<=(?:^[\s-]*|[:,[{]\s*)")(?:[^"\\]|\\.)*"|'(?<=(?:^[\s-]*|[:,[{]\s*)')(?:[^']|'')*'|(?<!\s|^)#|[^#])*/;

/** What a line says to people, as a line of its own. */
function commentOf(line: string): string[] {
  const [value = ""] = VALUE.exec(line) ?? [];
  const [indent = ""] = /^\s*/.exec(line) ?? [];
  return value === line ? [] : [indent + line.slice(value.length)];
}

/** What differs, by the fewest lines (Myers, 1986). */
function hunks(before: string[], after: string[]): Hunk[] | undefined {
  let head = 0;
  while (head < Math.min(before.length, after.length) && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const [n, m] = [before.length - head - tail, after.length - head - tail];
  // Of each diagonal how far one comes in `before` with so many differences.
  const furthest = new Map<number, number>([[1, 0]]);
  const trail: Map<number, number>[] = [];
  const far = (known: Map<number, number>, diagonal: number) => known.get(diagonal) ?? -1;
  const down = (known: Map<number, number>, diagonal: number, differences: number) => diagonal === -differences || (diagonal !== differences && far(known, diagonal - 1) < far(known, diagonal + 1));
  for (let differences = 0; differences <= MOST; differences++) {
    trail.push(new Map(furthest));
    for (let diagonal = -differences; diagonal <= differences; diagonal += 2) {
      let x = down(furthest, diagonal, differences) ? far(furthest, diagonal + 1) : far(furthest, diagonal - 1) + 1;
      while (x < n && x - diagonal < m && before[head + x] === after[head + x - diagonal]) x++;
      furthest.set(diagonal, x);
      if (x >= n && x - diagonal >= m) return back(trail, down, far, [n, m]).map(([from, to, start, end]) => ({ from: from + head, to: to + head, lines: after.slice(start + head, end + head) }));
    }
  }
  return undefined;
}

/** The way back from the end: spans of the one and of the other text that stand for each other. */
function back(trail: Map<number, number>[], down: (known: Map<number, number>, diagonal: number, differences: number) => boolean, far: (known: Map<number, number>, diagonal: number) => number, [n, m]: [number, number]): [number, number, number, number][] {
  const spans: [number, number, number, number][] = [];
  let [x, y] = [n, m];
  for (let differences = trail.length - 1; differences > 0; differences--) {
    const known = trail[differences] ?? new Map<number, number>();
    const diagonal = x - y;
    const from = down(known, diagonal, differences) ? diagonal + 1 : diagonal - 1;
    const [px, py] = [far(known, from), far(known, from) - from];
    const [ex, ey] = from === diagonal + 1 ? [px, py + 1] : [px + 1, py];
    const last = spans[0];
    // Neighbours are one.
    if (last && last[0] === ex && last[2] === ey) [last[0], last[2]] = [px, py];
    else spans.unshift([px, ex, py, ey]);
    [x, y] = [px, py];
  }
  return spans;
}
