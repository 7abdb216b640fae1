/** What differs between two texts, as one change: the cursor stays where it is. */
export function difference(before: string, after: string): { from: number; to: number; insert: string } | undefined {
  if (before === after) return undefined;
  const most = Math.min(before.length, after.length);
  const from = alike(most, (at, length) => before.slice(at, at + length) === after.slice(at, at + length));
  const [end, other] = [before.length, after.length];
  const back = alike(most - from, (at, length) => before.slice(end - at - length, end - at) === after.slice(other - at - length, other - at));
  return { from, to: end - back, insert: after.slice(from, other - back) };
}

/** How many characters are the same, in ever smaller steps: a comparison of long texts is one of memory. */
function alike(most: number, same: (at: number, length: number) => boolean): number {
  let at = 0;
  for (let step = most; step > 0; ) {
    if (at + step <= most && same(at, step)) at += step;
    else step >>= 1;
  }
  return at;
}
