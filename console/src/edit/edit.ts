import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type Scalar, visit, type YAMLMap, YAMLParseError, type YAMLSeq } from "yaml";
import { inOrder, match } from "./match";
import { afterDash, afterKey, inFlow, member } from "./render";
import { equal, isRecord, type Path, withValue } from "./value";

/** Replaces a part of a text. */
interface Splice {
  from: number;
  to: number;
  text: string;
}

/** A document's text that is not YAML. */
export class NotYaml extends Error {}

/** A flow collection that would be longer than this is written in lines. */
const LONGEST_FLOW = 120;

function parsed(text: string): Document.Parsed {
  const document = parseDocument(text, { keepSourceTokens: true, prettyErrors: true, logLevel: "error" });
  const refused = document.errors.length > 0 ? undefined : unfit(document);
  if (refused) {
    const before = text.slice(0, refused.at).split("\n");
    document.errors.push(new YAMLParseError([refused.at, refused.at + 1], "IMPOSSIBLE", `${refused.what} at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}.`));
  }
  return document;
}

/** Texts that were read last. One keystroke asks for the same text from many sides, and reading thousands of nodes takes long. */
const recent = new Map<string, Document.Parsed>();

/** A document's text, read. The document is shared: nobody changes it. */
export function read(text: string): Document.Parsed {
  const known = recent.get(text);
  if (known) return known;
  const document = parsed(text);
  recent.set(text, document);
  for (const [old] of recent) if (recent.size > 3) recent.delete(old);
  return document;
}

/** The value of a document's text. */
export const valueOf = (text: string): unknown => sound(text).toJS() as unknown;

function sound(text: string): Document.Parsed {
  const document = read(text);
  const [error] = document.errors;
  if (error) throw new NotYaml(error.message);
  return document;
}

/**
 * A document's text with another value at a path; undefined takes the member away. All that stays the same stays as it is written:
 * comments, blank lines, quotes and order.
 */
export function edit(text: string, path: Path, value: unknown): string {
  const document = sound(text);
  const wanted = withValue(document.toJS(), path, value);
  if (equal(document.toJS(), wanted)) return text;
  const splices = new Splices(text);
  if (document.contents === null) return text.replace(/\n*$/, (end) => `${text.trim() ? "\n" : ""}${member("x", wanted, 0).replace(/^x:\n? */, "")}${end || "\n"}`);
  splices.change(document.contents as Node, wanted, { kind: "root" });
  const made = splices.apply();
  if (means(made, wanted)) return made;
  // What is written in a way that lines can't be put into, such as `- - a`.
  const printed = parsed(text);
  printed.setIn(path, value);
  const whole = printed.toString({ lineWidth: 0 });
  return means(whole, wanted) ? whole : member("x", wanted, 0).replace(/^x:\n? {0,2}/, "").replace(/\n {2}/g, "\n");
}

/** What a document uses that flows have no use for, and where. Files and the server refuse it as well: a document says what it means where it says it. */
function unfit(document: Document.Parsed): { what: string; at: number } | undefined {
  let found: { what: string; at: number } | undefined;
  const refuse = (what: string, node: Node) => {
    found = { what, at: node.range?.[0] ?? 0 };
    return visit.BREAK;
  };
  visit(document, {
    Node: (key, node) => {
      if (isAlias(node)) return refuse("Aliases (`*name`) are not supported: write the value out,", node);
      if (node.anchor !== undefined) return refuse("Anchors (`&name`) are not supported: write the value out where it is needed,", node);
      if (node.tag !== undefined) return refuse("Tags (`!type`) are not supported,", node);
      if (key === "key" && !isScalar(node)) return refuse("A key must be a string,", node);
      if (key === "key" && isScalar(node) && node.value === "<<" && node.type === "PLAIN") return refuse("Merge keys (`<<`) are not supported: write the members out,", node);
      return undefined;
    },
  });
  return found;
}

function means(text: string, wanted: unknown): boolean {
  const document = read(text);
  return document.errors.length === 0 && equal(document.toJS(), wanted);
}

/** Where a value stands: what its text depends on. */
type Place = { kind: "root" } | { kind: "flow" } | { kind: "member"; colon: number; column: number } | { kind: "item"; column: number };

const plainOf = (node: unknown): unknown => (node as { toJSON?: () => unknown } | null)?.toJSON?.() ?? null;

class Splices {
  private readonly list: Splice[] = [];

  constructor(private readonly text: string) {}

  apply(): string {
    const newline = this.text.includes("\r\n") ? "\r\n" : "\n";
    // Of those at one place the first stands first.
    const order = [...this.list.entries()].sort(([nth, one], [other, two]) => two.from - one.from || other - nth);
    return order.reduce((text, [, { from, to, text: put }]) => text.slice(0, from) + (newline === "\n" ? put : put.replaceAll("\n", newline)) + text.slice(to), this.text);
  }

  change(node: Node | null, wanted: unknown, place: Place) {
    if (equal(plainOf(node), wanted)) return;
    if (isMap(node) && isRecord(wanted) && Object.keys(wanted).length > 0) {
      if (!node.flow) return this.blockMap(node, wanted, place);
      if (sameShape(plainOf(node), wanted)) return node.items.forEach((pair) => this.change(pair.value as Node, wanted[keyOf(pair)], { kind: "flow" }));
    }
    if (isSeq(node) && Array.isArray(wanted) && wanted.length > 0) {
      if (!node.flow) return this.blockSeq(node, wanted, place);
      if (sameShape(plainOf(node), wanted)) return node.items.forEach((item, nth) => this.change(item as Node, wanted[nth], { kind: "flow" }));
    }
    this.replace(node, wanted, place);
  }

  private replace(node: Node | null, wanted: unknown, place: Place) {
    const [from, to] = [node?.range?.[0] ?? 0, node ? this.end(node) : 0];
    const style = isScalar(node) ? ((node.type as Scalar.Type | undefined) ?? undefined) : undefined;
    // What is empty can't be written in lines: that it stands in brackets says nothing.
    const flow = (isMap(node) || isSeq(node)) && node.flow === true && node.items.length > 0;
    const line = (flow || place.kind === "flow") && (isRecord(wanted) || Array.isArray(wanted)) ? inFlow(wanted) : undefined;
    if (place.kind === "flow") return this.put(from, to, line ?? inFlow(wanted, style?.startsWith("BLOCK") ? undefined : style));
    if (line !== undefined && line.length <= LONGEST_FLOW) return this.put(from, to, line);
    if (place.kind === "item") return this.put(from, to, afterDash(wanted, place.column, style));
    if (place.kind === "member") return this.put(place.colon + 1, Math.max(to, place.colon + 1), afterKey(wanted, place.column, style));
    this.put(from, to, member("x", wanted, 0).replace(/^x:\s*/, "").replace(/\n {2}/g, "\n"));
  }

  private blockMap(node: YAMLMap, wanted: Record<string, unknown>, place: Place) {
    const pairs = node.items as Pair<Node, Node | null>[];
    const kept = new Map(pairs.filter((pair) => wanted[keyOf(pair)] !== undefined).map((pair) => [keyOf(pair), pair]));
    const firstKept = pairs.find((pair) => kept.has(keyOf(pair)));
    if (!firstKept) return this.replace(node, wanted, place);
    const column = this.column(startOf(pairs[0]));
    const names = Object.keys(wanted).filter((name) => wanted[name] !== undefined);
    const leading = names.slice(0, names.findIndex((name) => kept.has(name)));
    for (const name of leading) this.put(startOf(firstKept), startOf(firstKept), `${member(name, wanted[name], column)}\n${" ".repeat(column)}`);
    let before = firstKept;
    for (const name of names.slice(leading.length)) {
      const pair = kept.get(name);
      if (pair) {
        before = pair;
        this.change(pair.value, wanted[name], { kind: "member", colon: this.colon(pair), column });
      } else {
        const at = this.lineEnd(this.endOf(before));
        this.put(at, at, `\n${" ".repeat(column)}${member(name, wanted[name], column)}`);
      }
    }
    // The first member may stand behind the `-` of an item: the next one takes its place.
    const inline = this.text.slice(this.lineStart(startOf(pairs[0])), startOf(pairs[0])).trim() !== "";
    const moved = inline && firstKept !== pairs[0] ? pairs.indexOf(firstKept) : 0;
    if (moved > 0) this.put(startOf(pairs[0]), startOf(firstKept), "");
    for (const pair of pairs.slice(moved)) if (!kept.has(keyOf(pair))) this.removeLines(startOf(pair), this.endOf(pair));
  }

  private blockSeq(node: YAMLSeq, wanted: unknown[], place: Place) {
    const items = node.items as (Node | null)[];
    const dashes = dashesOf(node);
    const found = match(items.map(plainOf), wanted);
    const stay = inOrder(found.filter((was) => was !== undefined));
    const column = this.column(dashes[0] ?? 0);
    if (stay.size === 0 || dashes.length !== items.length) return this.replace(node, wanted, place);
    const pad = " ".repeat(column);
    // Where items stand apart, a new one does as well.
    const apart = items.length > 1 && /\n[ \t]*\r?\n/.test(this.text.slice(this.itemEnd(items[0] ?? null, dashes[0] ?? 0), dashes[1])) ? "\n" : "";
    const firstStays = Math.min(...stay);
    let before: number | undefined;
    for (const [nth, value] of wanted.entries()) {
      const was = found[nth];
      if (was !== undefined && stay.has(was)) {
        before = was;
        this.change(items[was] ?? null, value, { kind: "item", column });
        continue;
      }
      const raw = was !== undefined && equal(plainOf(items[was]), value) ? this.raw(dashes[was] ?? 0, items[was] ?? null) : `- ${afterDash(value, column)}`;
      if (before === undefined) {
        const at = dashes[firstStays] ?? 0;
        this.put(at, at, `${raw}\n${apart}${pad}`);
      } else {
        const at = this.lineEnd(this.itemEnd(items[before] ?? null, dashes[before] ?? 0));
        this.put(at, at, `\n${apart}${pad}${raw}`);
      }
    }
    for (const [was, item] of items.entries()) if (!stay.has(was)) this.removeLines(dashes[was] ?? 0, this.itemEnd(item, dashes[was] ?? 0));
  }

  private raw = (dash: number, item: Node | null) => this.text.slice(dash, this.lineEnd(this.itemEnd(item, dash))).replaceAll("\r\n", "\n");

  private itemEnd = (item: Node | null, dash: number) => Math.max(dash + 1, item ? this.end(item) : 0);

  /** Takes whole lines away, with the comments right above them. */
  private removeLines(start: number, end: number) {
    let from = this.lineStart(start);
    const column = start - from;
    for (let above = this.lineStart(from - 1); from > 0; above = this.lineStart(from - 1)) {
      const line = this.text.slice(above, from);
      if (!/^\s*#/.test(line) || line.search(/\S/) !== column) break;
      from = above;
    }
    const to = this.lineEnd(end);
    const newline = this.text.startsWith("\r\n", to) ? 2 : this.text[to] === "\n" ? 1 : 0;
    // The last line of the text goes with the line break before it.
    if (newline === 0 && from > 0) this.put(from - 1, to, "");
    else this.put(from, to + newline, "");
  }

  private put(from: number, to: number, text: string) {
    this.list.push({ from, to, text });
  }

  private lineStart = (at: number) => (at <= 0 ? 0 : this.text.lastIndexOf("\n", at - 1) + 1);

  private lineEnd(at: number): number {
    const end = this.text.indexOf("\n", at);
    if (end < 0) return this.text.length;
    return this.text[end - 1] === "\r" ? end - 1 : end;
  }

  private column = (at: number) => at - this.lineStart(at);

  private colon = (pair: Pair<Node, Node | null>) => this.text.indexOf(":", pair.key.range?.[1] ?? 0);

  private endOf = (pair: Pair<Node, Node | null>) => Math.max(this.colon(pair) + 1, pair.value ? this.end(pair.value) : 0);

  /** Where the text of a value ends, white space and comments after it left out. */
  private end(node: Node): number {
    if ((isMap(node) || isSeq(node)) && !node.flow && node.items.length > 0) {
      const last = node.items.at(-1);
      if (isMap(node)) return this.endOf(last as Pair<Node, Node | null>);
      const dash = dashesOf(node).at(-1) ?? 0;
      return this.itemEnd(last as Node | null, dash);
    }
    const to = node.range?.[1] ?? 0;
    return to - (/\s*$/.exec(this.text.slice(node.range?.[0] ?? 0, to))?.[0].length ?? 0);
  }
}

const keyOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key);

const startOf = (pair: Pair<Node, Node | null> | undefined): number => pair?.key.range?.[0] ?? 0;

/** Where the `-` of each item is. */
function dashesOf(node: YAMLSeq): number[] {
  const token = node.srcToken;
  if (token?.type !== "block-seq") return [];
  return token.items.flatMap((item) => item.start.filter((one) => one.type === "seq-item-ind").map((one) => one.offset));
}

/** Whether only scalars differ. */
function sameShape(one: unknown, other: unknown): boolean {
  if (Array.isArray(one)) return Array.isArray(other) && one.length === other.length && one.every((value, place) => sameShape(value, other[place]));
  if (isRecord(one)) return isRecord(other) && Object.keys(one).length === Object.keys(other).length && Object.keys(one).every((name) => name in other && sameShape(one[name], other[name]));
  return !Array.isArray(other) && !isRecord(other);
}
