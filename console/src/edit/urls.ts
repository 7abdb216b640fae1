/** Where a URL is in a text: after a scheme, in an attribute of HTML, or a domain with a path. What ends the sentence is not its. */
const REST = "[^\\s<>\"']*[^\\s<>\"'.,;:!?)\\]]";
export const URLS = [`(?:\\b[a-z][a-z\\d+.-]*://|\\bmailto:|\\btel:)${REST}`, `(?<=\\s(?:href|src|action)\\s*=\\s*["']?)${REST}`, `(?<![\\p{L}\\p{N}@.-])(?:[\\p{L}\\p{N}-]+\\.)+\\p{L}{2,}/${REST}`].join("|");

/** What is between the parts of a URL: of its path, its query, its fragment. */
const BETWEEN = "/?&=#;,:|!()[\\]{}*$";
export const isParted = (text: string) => new RegExp(`[${BETWEEN}]`).test(text);
const PART = `[^${BETWEEN}]+`;

/** Of files: `anna.smith.png` is somebody's, too. */
const ENDING = /\.(?:html?|php|aspx?|json|xml|pdf|png|jpe?g|gif|svg|webp|vcf|ics|txt)$/i;

export interface Known {
  kind: string;
  found: string;
  example: string;
}

/**
 * Replaces the parts of a URL that are a known name, address, or what is before an address's `@`, percent-encoded or not. Of other parts `replace` says what becomes of them, decoded.
 * What is found by `across` goes over several parts.
 */
export function urlReplacer(known: readonly Known[], replace: (text: string) => string, across?: RegExp): (url: string) => string {
  const exact = new Map<string, string>();
  const names = new Map<string, string>();
  const put = (map: Map<string, string>, found: string, example: string) => found && !map.has(found) && map.set(found, example);
  for (const { kind, found, example } of known) {
    if (kind === "address") {
      const [local = "", person = ""] = [found, example].map((one) => one.slice(0, one.lastIndexOf("@")).toLowerCase());
      put(exact, found.toLowerCase(), example);
      put(exact, local, person);
      // What follows a plus is the person's own tag.
      put(exact, local.split("+")[0] ?? "", person);
    } else if (kind === "name") {
      const words = found.split(/[\s,]+/);
      for (const order of [words, [...words].reverse()]) put(names, bare(order.join("")), example);
    }
  }
  const whole = (part: string): string | undefined => {
    const [, sign = "", text = "", ending = ""] = /^([@~]?)(.*?)((?:\.[a-z]+)?)$/isu.exec(part) ?? [];
    const all = text + ending;
    const found = of(all) ?? (ENDING.test(ending) ? of(text) : undefined);
    return found === undefined ? undefined : sign + found + (of(all) === undefined ? ending : "");
  };
  const of = (text: string) => {
    const address = exact.get(text.toLowerCase());
    if (address !== undefined) return address;
    const name = names.get(bare(text));
    return name === undefined ? undefined : likeWritten(name, text);
  };
  const pattern = new RegExp(`${across ? `${across.source}|` : ""}(${PART})`, "giu");
  return (url) =>
    url.replace(pattern, (found, part?: string) => {
      if (part === undefined) return replace(found);
      const text = decoded(part);
      const made = whole(text) ?? replace(text);
      return made === text ? part : encoded(made, part);
    });
}

/** A name without what is between its words. */
const bare = (name: string) => name.toLowerCase().replace(/[\s,._+-]/g, "");

/** `ana-sousa` is replaced by `alex-miller`. */
function likeWritten(name: string, written: string): string {
  const joined = name.split(" ").join(/[\s._+-]+/.exec(written)?.[0] ?? "");
  return written === written.toLowerCase() ? joined.toLowerCase() : joined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** As much encoded as the part was that it replaces. */
function encoded(text: string, part: string): string {
  const made = encodeURIComponent(text);
  return [["%40", "@"], ["%2B", "+"]].reduce((before, [code = "", sign = ""]) => (part.includes(sign) ? before.replaceAll(code, sign) : before), made);
}
