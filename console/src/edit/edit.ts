import type { Document, Node } from "yaml";
import { difference } from "./difference";
import { parsed } from "./document";
import { advance, type Layout, layoutOf, type Parts, partsOf, rangeIn, rangeOf, splicesOf } from "./parts";
import { member } from "./render";
import { spliced, Splices } from "./splices";
import { equal, isRecord, type Path, withValue } from "./value";

/** A document's text that is not YAML. */
export class NotYaml extends Error {}

/** A document's text, read. It is shared: nobody changes it, nor its value. */
export interface Reading {
  readonly text: string;
  readonly value: unknown;
  /** Why it can't be read. */
  readonly error?: string;
  readonly parts?: Parts;
  /** The whole, if it was read as a whole. */
  document?: Document.Parsed;
}

/** Texts that were read last, the newest first. One keystroke asks for the same text from many sides. */
const recent: Reading[] = [];
const REMEMBERED = 4;

function remember(reading: Reading): Reading {
  const place = recent.findIndex((one) => one.text === reading.text);
  if (place >= 0) recent.splice(place, 1);
  recent.unshift(reading);
  recent.length = Math.min(recent.length, REMEMBERED);
  return reading;
}

/** The reading of a text, if it takes no longer than a part of it: it was read before, or differs from such a one in few nodes. */
export function known(text: string): Reading | undefined {
  const same = recent.find((one) => one.text === text);
  if (same) return remember(same);
  const before = recent.find((one) => one.parts)?.parts;
  const change = before && difference(before.text, text);
  const parts = change && advance(before, [{ from: change.from, to: change.to, text: change.insert }], text);
  return parts && remember({ text, value: parts.value, parts });
}

/** A document's text, read. */
export const read = (text: string): Reading => known(text) ?? readWhole(text);

/** A document's text, read as if nothing were known of it. */
export function readWhole(text: string): Reading {
  const document = parsed(text);
  const [error] = document.errors;
  if (error) return remember({ text, value: undefined, error: error.message, document });
  const reading = readElsewhere(text, document.toJS(), layoutOf(document, text));
  reading.document = document;
  return reading;
}

/** Remembers what was read elsewhere. */
export function readElsewhere(text: string, value: unknown, layout: Layout | undefined): Reading {
  if (!layout || !isRecord(value)) return remember({ text, value });
  const parts = partsOf(text, value, layout, recent.find((one) => one.parts)?.parts);
  return remember({ text, value: parts.value, parts });
}

/** Remembers that a text can't be read. */
export const unreadable = (text: string, error: string): Reading => remember({ text, value: undefined, error });

/** Where a value is in the text. */
export const rangeAt = (reading: Reading, path: Path): [number, number] | undefined => (reading.parts && path.length > 0 ? rangeIn(reading.parts, path) : rangeOf(wholeOf(reading), path));

const wholeOf = (reading: Reading): Document.Parsed => (reading.document ??= parsed(reading.text));

/** The value of a document's text. */
export const valueOf = (text: string): unknown => sound(text).value;

function sound(text: string): Reading {
  const reading = read(text);
  if (reading.error !== undefined) throw new NotYaml(reading.error);
  return reading;
}

/**
 * A document's text with another value at a path; undefined takes the member away. All that stays the same stays as it is written:
 * comments, blank lines, quotes and order.
 */
export function edit(text: string, path: Path, value: unknown): string {
  const reading = sound(text);
  const wanted = withValue(reading.value, path, value);
  if (equal(reading.value, wanted)) return text;
  return inParts(reading, wanted) ?? inWhole(reading, path, value, wanted);
}

function inParts({ text, parts }: Reading, wanted: unknown): string | undefined {
  const splices = parts && isRecord(wanted) ? splicesOf(parts, wanted) : undefined;
  if (!parts || !splices) return undefined;
  const made = spliced(text, splices);
  const after = advance(parts, splices, made);
  if (after) remember({ text: made, value: after.value, parts: after });
  return means(made, wanted) ? made : undefined;
}

function inWhole(reading: Reading, path: Path, value: unknown, wanted: unknown): string {
  const { text } = reading;
  const { contents } = wholeOf(reading);
  if (contents === null) return text.replace(/\n*$/, (end) => `${text.trim() ? "\n" : ""}${member("x", wanted, 0).replace(/^x:\n? */, "")}${end || "\n"}`);
  const splices = new Splices(text);
  splices.change(contents as Node, wanted, { kind: "root" });
  const made = spliced(text, splices.all());
  if (means(made, wanted)) return made;
  // What is written in a way that lines can't be put into, such as `- - a`.
  const printed = parsed(text);
  printed.setIn(path, value);
  const whole = printed.toString({ lineWidth: 0 });
  return means(whole, wanted) ? whole : member("x", wanted, 0).replace(/^x:\n? {0,2}/, "").replace(/\n {2}/g, "\n");
}

function means(text: string, wanted: unknown): boolean {
  const reading = read(text);
  return reading.error === undefined && equal(reading.value, wanted);
}
