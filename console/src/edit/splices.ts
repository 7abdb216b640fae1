import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import { dashesOf, keyOf, startOf } from "./document";
import { inOrder, match } from "./match";
import { afterDash, afterKey, inFlow, member } from "./render";
import { equal, isRecord } from "./value";

/** Replaces a part of a text. */
export interface Splice {
  from: number;
  to: number;
  text: string;
}

/** A list whose items stand in lines of their own. */
export interface Items {
  values: unknown[];
  /** Where the `-` of each is. */
  dashes: number[];
  /** Where the text of one ends, white space and comments after it left out. */
  end: (nth: number) => number;
  change: (nth: number, wanted: unknown) => void;
}

/** A flow collection that would be longer than this is written in lines. */
const LONGEST_FLOW = 120;

/** A text with its parts replaced, which are in its order. */
export function spliced(text: string, splices: Splice[]): string {
  let [made, at] = ["", 0];
  for (const one of splices) {
    made += text.slice(at, one.from) + one.text;
    at = one.to;
  }
  return made + text.slice(at);
}

/** Where a value stands: what its text depends on. */
export type Place = { kind: "root" } | { kind: "flow" } | { kind: "member"; colon: number; column: number } | { kind: "item"; column: number };

const plainOf = (node: unknown): unknown => (node as { toJSON?: () => unknown } | null)?.toJSON?.() ?? null;

/** What is replaced in a text so that it means something else. */
export class Splices {
  private readonly list: Splice[] = [];

  constructor(private readonly text: string) {}

  /** In the text's order; of those at one place the first stands first, and none reaches into the one before it. */
  all(): Splice[] {
    const newline = this.text.includes("\r\n") ? "\r\n" : "\n";
    const order = [...this.list].sort((one, other) => one.from - other.from);
    let at = 0;
    return order.map(({ from, to, text }) => {
      const start = Math.max(at, from);
      at = Math.max(start, to);
      return { from: start, to: at, text: newline === "\n" ? text : text.replaceAll("\n", newline) };
    });
  }

  /** Takes what is replaced in a part of the text; `place` says where something in the part is in the text, and not where it is none of the part's. */
  take(others: Splices, place: (at: number) => number | undefined): boolean {
    for (const { from, to, text } of others.list) {
      const [start, end] = [place(from), place(to)];
      if (start === undefined || end === undefined) return false;
      this.put(start, end, text);
    }
    return true;
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
    const said = isScalar(node) ? headComment(this.text.slice(from, to)) : "";
    const beside = said === "" && /^[ \t]+#/.test(this.text.slice(to, this.lineEnd(to)));
    // Behind a text in lines there is no place for the comment that stands beside it.
    const style = isScalar(node) ? (beside && typeof wanted === "string" && wanted.includes("\n") ? "QUOTE_DOUBLE" : ((node.type as Scalar.Type | undefined) ?? undefined)) : undefined;
    // What is empty can't be written in lines: that it stands in brackets says nothing.
    const flow = (isMap(node) || isSeq(node)) && node.flow === true && node.items.length > 0;
    const line = (flow || place.kind === "flow") && (isRecord(wanted) || Array.isArray(wanted)) ? inFlow(wanted) : undefined;
    if (place.kind === "flow") return this.put(from, to, line ?? inFlow(wanted, style?.startsWith("BLOCK") ? undefined : style));
    if (line !== undefined && line.length <= LONGEST_FLOW) return this.put(from, to, line);
    if (place.kind === "item") return this.put(from, to, commented(afterDash(wanted, place.column, style), said));
    if (place.kind === "member") return this.put(place.colon + 1, Math.max(to, place.colon + 1), commented(afterKey(wanted, place.column, style), said));
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
    const column = this.column(dashes[0] ?? 0);
    const end = (nth: number) => this.itemEnd(items[nth] ?? null, dashes[nth] ?? 0);
    const change = (nth: number, value: unknown) => this.change(items[nth] ?? null, value, { kind: "item", column });
    if (dashes.length !== items.length || !this.items({ values: items.map(plainOf), dashes, end, change }, wanted)) this.replace(node, wanted, place);
  }

  /** Makes the items of a list others. Where none of them stays that can't be done. */
  items({ values, dashes, end, change }: Items, wanted: unknown[]): boolean {
    const found = match(values, wanted);
    const stay = inOrder(found.filter((was) => was !== undefined));
    if (stay.size === 0) return false;
    const column = this.column(dashes[0] ?? 0);
    const pad = " ".repeat(column);
    // Where items stand apart, a new one does as well.
    const apart = values.length > 1 && /\n[ \t]*\r?\n/.test(this.text.slice(end(0), dashes[1])) ? "\n" : "";
    const firstStays = Math.min(...stay);
    let before: number | undefined;
    for (const [nth, value] of wanted.entries()) {
      const was = found[nth];
      if (was !== undefined && stay.has(was)) {
        before = was;
        change(was, value);
        continue;
      }
      // One that moves stays as it is written.
      const raw = was !== undefined && equal(values[was], value) ? this.text.slice(dashes[was], this.lineEnd(end(was))).replaceAll("\r\n", "\n") : `- ${afterDash(value, column)}`;
      if (before === undefined) {
        const at = dashes[firstStays] ?? 0;
        this.put(at, at, `${raw}\n${apart}${pad}`);
      } else {
        const at = this.lineEnd(end(before));
        this.put(at, at, `\n${apart}${pad}${raw}`);
      }
    }
    for (const was of values.keys()) if (!stay.has(was)) this.removeLines(dashes[was] ?? 0, end(was));
    return true;
  }

  itemEnd = (item: Node | null, dash: number) => Math.max(dash + 1, item ? this.end(item) : 0);

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

  lineEnd(at: number): number {
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
    const [from, to] = node.range ?? [0, 0];
    const written = this.text.slice(from, to);
    return from + (isScalar(node) && node.type?.startsWith("BLOCK") ? blockEnd(written, String(node.value)) : written.trimEnd().length);
  }
}

/** The comment behind the `|` or `>` of a text in lines. */
const headComment = (written: string): string => /^[|>][-+\d]*[ \t]+(#[^\r\n]*)/.exec(written)?.[1] ?? "";

/** A value's text with a comment behind its first line. */
const commented = (text: string, comment: string): string => (comment === "" ? text : text.replace(/^[^\n]*/, (first) => `${first} ${comment}`));

/** Where the lines of a text in lines (`|`, `>`) end: blanks at the end of a line are the text's, and so are blank lines that are kept (`|+`). */
function blockEnd(written: string, value: string): number {
  const [header = "", ...lines] = written.replace(/\r?\n$/, "").split("\n");
  if (!/^[|>]\d?\+/.test(header)) {
    const indent = (all: string[]) => (all.find((line) => /\S/.test(line)) ?? "").search(/[^ ]|$/);
    // A line of nothing but spaces is the text's as far as it is wider than the text is indented.
    const column = indent(lines) - indent(value.split("\n"));
    while (lines.length > 0 && /^ *\r?$/.test(lines.at(-1) ?? "") && (lines.at(-1) ?? "").replace("\r", "").length <= column) lines.pop();
  }
  return [header, ...lines].join("\n").replace(/\r$/, "").length;
}

/** Whether only scalars differ. */
function sameShape(one: unknown, other: unknown): boolean {
  if (Array.isArray(one)) return Array.isArray(other) && one.length === other.length && one.every((value, place) => sameShape(value, other[place]));
  if (isRecord(one)) return isRecord(other) && Object.keys(one).length === Object.keys(other).length && Object.keys(one).every((name) => name in other && sameShape(one[name], other[name]));
  return !Array.isArray(other) && !isRecord(other);
}
