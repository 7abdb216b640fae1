import { type Document, isMap, isSeq, type Node, type Pair } from "yaml";
import { dashesOf, keyOf, parsed, startOf } from "./document";
import { type Splice, spliced, Splices } from "./splices";
import { equal, isRecord, type Path } from "./value";

/** A node: its text from the line of its `-` up to that of the next one, which is YAML in its own right and means the same alone. */
interface Part {
  readonly text: string;
  readonly value: unknown;
  /** Its text read, once somebody has asked for it. */
  document?: Document.Parsed;
}

/**
 * A flow's text in parts. Where all that changes is inside of nodes, they alone are read again: what stands before a node is finished where its
 * line begins, so nothing of it reaches into the node, and nothing of the node reaches into what follows if the node is whole by itself.
 */
export interface Parts {
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** The column of the nodes' `-`. */
  readonly column: number;
  readonly nodes: readonly Part[];
  /** Where each node's part begins. */
  readonly starts: readonly number[];
  /** Where the members after `nodes` begin. */
  readonly tail: number;
  frame?: Frame;
}

/** Where a text's parts are, as whoever read the whole can say. */
export interface Layout {
  column: number;
  starts: number[];
  tail: number;
}

/** A text without its nodes: one that says nothing stands for them. */
interface Frame {
  text: string;
  document: Document.Parsed;
  /** What stands for the nodes, in the frame. */
  from: number;
  to: number;
  /** The end of the last node's last line in the whole text, and the beginning of the next line. */
  end: number;
  next: number;
}

/** What is longer than this is not read while somebody waits. */
const MOST = 60_000;

/** Where the parts of a text are that was read as a whole; undefined where its nodes don't stand in lines of their own. */
export function layoutOf(document: Document.Parsed, text: string): Layout | undefined {
  const root = document.contents;
  if (!isMap(root) || root.flow) return undefined;
  const pairs = root.items as unknown as Pair<Node, Node | null>[];
  const place = pairs.findIndex((pair) => keyOf(pair) === "nodes");
  const list = pairs[place]?.value;
  if (!isSeq(list) || list.flow || list.items.length === 0) return undefined;
  const dashes = dashesOf(list);
  const starts = dashes.map((dash) => lineStart(text, dash));
  const column = (dashes[0] ?? 0) - (starts[0] ?? 0);
  const after = pairs[place + 1];
  const tail = after ? startOf(after) : text.length;
  const plain = dashes.length === list.items.length && dashes.every((dash, nth) => text.slice(starts[nth], dash) === " ".repeat(column)) && (!after || lineStart(text, tail) === tail);
  return plain ? { column, starts, tail } : undefined;
}

export function partsOf(text: string, value: Record<string, unknown>, { column, starts, tail }: Layout, before?: Parts): Parts {
  const values = value.nodes as unknown[];
  // What is written as it was is the same, so that nothing of it is drawn anew.
  const known = new Map(before?.nodes.map((node) => [node.text, node]));
  const nodes = starts.map((start, nth): Part => {
    const written = text.slice(start, starts[nth + 1] ?? tail);
    const same = known.get(written);
    return same && equal(same.value, values[nth]) ? same : { text: written, value: values[nth] };
  });
  return { text, value: { ...value, nodes: nodes.map((node) => node.value) }, column, nodes, starts, tail };
}

/** The parts after something was replaced; undefined where only reading the whole can tell. */
export function advance(before: Parts, splices: Splice[], text = spliced(before.text, splices)): Parts | undefined {
  const first = before.starts[0] ?? 0;
  const [inHead, inTail, inNodes]: [Splice[], Splice[], Splice[]] = [[], [], []];
  for (const one of splices) {
    if (one.to < first) inHead.push(one);
    else if (one.from >= before.tail && before.tail < before.text.length) inTail.push(shifted(one, before.tail));
    else if (one.from >= first && one.to <= before.tail) inNodes.push(one);
    else return undefined;
  }
  let head = spliced(before.text.slice(0, first), inHead);
  let tail = spliced(before.text.slice(before.tail), inTail);
  const nodes = [...before.nodes];
  const regions = regionsOf(before, inNodes);
  for (const [nth, region] of [...regions.entries()].reverse()) {
    const made = readAgain(before, region, tail !== "");
    // It may have needed a node beside it, in which something else was replaced.
    if (!made || made.from < (regions[nth - 1]?.to ?? 0) || made.to > (regions[nth + 1]?.from ?? made.to)) return undefined;
    // What stands before the first node is no node's, nor is a member after the last.
    head += made.lead;
    tail = made.rest + tail;
    nodes.splice(made.from, made.to - made.from, ...made.nodes);
  }
  if (nodes.length === 0) return undefined;
  let at = head.length;
  const starts = nodes.map((node) => (at += node.text.length) - node.text.length);
  if (head.length + nodes.reduce((sum, node) => sum + node.text.length, 0) + tail.length !== text.length) return undefined;
  const parts: Parts = { text, value: before.value, column: before.column, nodes, starts, tail: at };
  const same = nodes.length === before.nodes.length && nodes.every((node, nth) => node.value === before.nodes[nth]?.value);
  const values = same ? before.value.nodes : nodes.map((node) => node.value);
  if (inHead.length === 0 && inTail.length === 0 && head.length === first && tail.length === before.text.length - before.tail) return same ? parts : { ...parts, value: { ...before.value, nodes: values } };
  const frame = frameOf(parts);
  const found = frame && rootOf(frame, parts);
  if (!found) return undefined;
  const members = Object.entries(found).map(([name, value]) => [name, name === "nodes" ? values : equal(before.value[name], value) ? before.value[name] : value] as const);
  const value = Object.fromEntries(members);
  return { ...parts, frame, value: equal(value, before.value) ? before.value : value };
}

/** Nodes that stand beside each other, from one up to another, and what is replaced in them. */
interface Region {
  from: number;
  to: number;
  splices: Splice[];
}

function regionsOf({ starts }: Parts, splices: Splice[]): Region[] {
  const regions: Region[] = [];
  for (const one of splices) {
    const from = placeAt(starts, one.from);
    const to = placeAt(starts, Math.max(one.from, one.to - 1)) + 1;
    const last = regions.at(-1);
    if (last && from < last.to) {
      last.to = Math.max(last.to, to);
      last.splices.push(one);
    } else regions.push({ from, to, splices: [one] });
  }
  return regions;
}

/** Reads nodes again. Where blank lines and comments are left over, they are those of the node before. */
function readAgain(before: Parts, { from, to, splices }: Region, more: boolean): { from: number; to: number; nodes: Part[]; lead: string; rest: string } | undefined {
  const { text, starts, tail } = before;
  const start = starts[from] ?? tail;
  const all = spliced(text.slice(start, starts[to] ?? tail), splices.map((one) => shifted(one, start)));
  if (all.length > MOST || (all !== "" && !all.endsWith("\n") && (more || to < starts.length))) return undefined;
  // After the last node the first member may have been written.
  const member = to === starts.length && !more ? all.search(/(?<=\n)[^\s#-]/) : -1;
  const [written, rest] = member < 0 ? [all, ""] : [all.slice(0, member), all.slice(member)];
  const found = nodesIn(written, before.column);
  if (!found) return undefined;
  if (found.lead === "") {
    const was = before.nodes.slice(from, to);
    const nodes = found.nodes.map((node, nth) => (was.length === found.nodes.length && equal(was[nth]?.value, node.value) ? { ...node, value: was[nth]?.value } : node));
    return { from, to, nodes, lead: "", rest };
  }
  if (from > 0) return readAgain(before, { from: from - 1, to, splices }, more);
  // Of the first node only its comments are left.
  if (found.nodes.length === 0 && to < starts.length) return readAgain(before, { from, to: to + 1, splices }, more);
  return { from, to, nodes: found.nodes, lead: found.lead, rest };
}

/** The nodes of a text that begins with one, after blank lines and comments; undefined if that is not all that it is. */
function nodesIn(text: string, column: number): { lead: string; nodes: Part[] } | undefined {
  const [lead = ""] = /^(?:[ \t]*(?:#[^\n]*|\r)?\n)*/.exec(text) ?? [];
  const written = text.slice(lead.length);
  if (written === "") return { lead, nodes: [] };
  // A document's end ends what stands before it as well.
  if (/^(?:---|\.\.\.|%)|\uFEFF/m.test(written)) return undefined;
  const document = parsed(written);
  const list = document.contents;
  if (document.errors.length > 0 || !isSeq(list) || list.flow) return undefined;
  const dashes = dashesOf(list);
  const values = document.toJS() as unknown[];
  if (dashes.length !== list.items.length || dashes.some((dash) => written.slice(lineStart(written, dash), dash) !== " ".repeat(column))) return undefined;
  if (values.length === 1) return { lead, nodes: [{ text: written, value: values[0], document }] };
  const starts = dashes.map((dash) => dash - column);
  return { lead, nodes: values.map((value, nth) => ({ text: written.slice(starts[nth], starts[nth + 1]), value })) };
}

/** What is to be replaced so that the text means something else; undefined where that concerns more than single parts. */
export function splicesOf(parts: Parts, wanted: Record<string, unknown>): Splice[] | undefined {
  const { text, value, nodes, starts, column } = parts;
  if (!Array.isArray(wanted.nodes) || wanted.nodes.length === 0) return undefined;
  const splices = new Splices(text);
  let whole = true;
  const end = (nth: number) => {
    const [node, own] = itemOf(nodes[nth]);
    return (starts[nth] ?? 0) + own.itemEnd(node, column);
  };
  const change = (nth: number, next: unknown) => {
    if (equal(nodes[nth]?.value, next)) return;
    const [node, own] = itemOf(nodes[nth]);
    own.change(node, next, { kind: "item", column });
    whole &&= splices.take(own, (at) => at + (starts[nth] ?? 0));
  };
  const values = nodes.map((node) => node.value);
  const next: unknown[] = wanted.nodes;
  // Mostly each node stays where it is.
  const inPlace = next.length === values.length && values.every((one, nth) => one === next[nth] || (idOf(one) !== undefined && idOf(one) === idOf(next[nth])));
  if (inPlace) next.forEach((one, nth) => change(nth, one));
  else if (!equal(values, next) && !splices.items({ values, dashes: starts.map((start) => start + column), end, change }, next)) return undefined;
  if (!equal({ ...wanted, nodes: value.nodes }, value)) {
    const frame = frameOf(parts);
    if (!frame) return undefined;
    const own = new Splices(frame.text);
    own.change(frame.document.contents as Node, { ...wanted, nodes: [0] }, { kind: "root" });
    whole &&= splices.take(own, (at) => placeOf(frame, at));
  }
  return whole ? splices.all() : undefined;
}

const idOf = (node: unknown) => (isRecord(node) ? node.id : undefined);

/** Where a place of the frame is in the text. */
function placeOf({ from, to, end, next }: Frame, at: number): number | undefined {
  if (at <= from) return at;
  if (at >= to) return at - to + next;
  return at === to - 1 ? end : undefined;
}

/** Where a value of the text is. */
export function rangeIn(parts: Parts, path: Path): [number, number] | undefined {
  const [name, place, ...rest] = path;
  if (name !== "nodes" || place === undefined) {
    const frame = frameOf(parts);
    const found = frame && rangeOf(frame.document, path);
    if (!found) return undefined;
    const [from, to] = [placeOf(frame, found[0]), placeOf(frame, found[1])];
    return name === "nodes" ? [(parts.starts[0] ?? 0) + parts.column, frame.end] : from === undefined || to === undefined ? undefined : [from, to];
  }
  const node = parts.nodes[Number(place)];
  const found = node && rangeOf(documentOf(node), [0, ...rest]);
  const start = parts.starts[Number(place)] ?? 0;
  return found && [found[0] + start, found[1] + start];
}

export function rangeOf(document: Document.Parsed, path: Path): [number, number] | undefined {
  const found = (path.length === 0 ? document.contents : document.getIn(path, true)) as { range?: [number, number, number] } | null | undefined;
  return found?.range && [found.range[0], found.range[1]];
}

const documentOf = (node: Part): Document.Parsed => (node.document ??= parsed(node.text));

function itemOf(node: Part | undefined): [Node | null, Splices] {
  const list = node && documentOf(node).contents;
  return [(isSeq(list) ? (list.items[0] as Node | null | undefined) : undefined) ?? null, new Splices(node?.text ?? "")];
}

/** Made once somebody asks for it: while a node is changed nobody does. */
function frameOf(parts: Parts): Frame | undefined {
  if (parts.frame) return parts.frame;
  const { text, nodes, starts, column } = parts;
  const last = nodes.at(-1);
  const [node, own] = itemOf(last);
  const lines = own.lineEnd(own.itemEnd(node, column));
  const from = starts[0] ?? 0;
  const end = (starts.at(-1) ?? 0) + lines;
  const next = text.indexOf("\n", end) < 0 ? text.length : text.indexOf("\n", end) + 1;
  const stand = `${" ".repeat(column)}- 0\n`;
  const framed = text.slice(0, from) + stand + text.slice(next);
  const frame = { text: framed, document: parsed(framed), from, to: from + stand.length, end, next };
  if (!rootOf(frame, parts)) return undefined;
  parts.frame = frame;
  return frame;
}

/** What a frame says, if its nodes stand where they are. */
function rootOf({ document, text, from, to, next }: Frame, { column, tail }: Parts): Record<string, unknown> | undefined {
  const layout = document.errors.length === 0 ? layoutOf(document, text) : undefined;
  const value: unknown = layout && document.toJS();
  const there = layout?.column === column && layout.starts.length === 1 && layout.starts[0] === from && layout.tail === tail - next + to;
  return there && isRecord(value) && equal(value.nodes, [0]) ? value : undefined;
}

/** The place of the last that begins at or before somewhere. */
function placeAt(starts: readonly number[], at: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

const shifted = ({ from, to, text }: Splice, by: number): Splice => ({ from: from - by, to: to - by, text });

const lineStart = (text: string, at: number) => (at <= 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1);
