import type { Editable } from "../../api/editing";
import { ownOf } from "../../api/editing";
import { ApiError } from "../../api/client";
import { loadNewestText, loadText, saveText, type Written } from "../../api/written";
import { readAside, writeAside } from "../../edit/aside";
import { sameFlow, textOf } from "../../edit/begin";
import { edit, read, type Reading, valueOf } from "../../edit/edit";
import type { FlowValue } from "../../edit/flow";
import { type Together, together } from "../../edit/lines";
import { withOwn } from "../../edit/own";
import { isRecord } from "../../edit/value";

/** How often somebody else may write first. */
const TRIES = 3;

/** What came of sending a text: it may have become one with somebody else's. What can't be brought together is for people to choose. */
export type Sent = { written: Written; others: boolean; both: boolean } | { theirs: Written };

/** Sends the text of the newest version. What somebody else wrote since it was read comes into it. */
export async function send(id: string, version: number, mine: string, from: Written): Promise<Sent> {
  let [text, base, others, both] = [mine, from, false, false];
  if (from.of !== undefined) {
    // It is the first of its version. What somebody else has written into the text of the one before is nowhere else.
    const newest = await loadNewestText(id, version - 1);
    const before = newest && newest.version >= from.of ? newest.written : undefined;
    base = { text: before?.text ?? from.text };
    if (before && before.etag !== from.etag) {
      const made = brought(from.text, before.text, mine, valueOf(mine));
      if (!made) return { theirs: { ...madeFrom(from.of, before), text: edit(before.text, [], valueOf(mine)) } };
      [text, others, both] = [made.text, true, made.both];
    }
  }
  for (let times = 1; ; times++) {
    try {
      return { written: await saveText(id, text, base.etag), others, both };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412 || times === TRIES) throw error;
    }
    const theirs = await loadText(id, version);
    if (theirs?.text === text) return { written: theirs, others, both };
    // It was taken away.
    if (!theirs) base = { text: base.text };
    else {
      const lines = together(base.text, text, theirs.text);
      const made = lines && (await means(lines.text, text)) ? lines : brought(base.text, text, theirs.text, valueOf(text));
      if (!made) return { theirs };
      [text, base, others, both] = [made.text, theirs, true, both || made.both];
    }
  }
}

/** What the first text of a newer version is made from: the newest text that is known of this one, or of one before it. */
export const madeFrom = (version: number, known: Written | undefined): Written => ({ of: version, ...known, text: known?.text ?? "", pending: true });

interface Brought extends Together {
  /** Whether the lines mean it as they are: nothing was written anew. */
  asWritten: boolean;
}

/**
 * Two texts and what both came from, brought together and given a meaning. Where both changed the same lines the second one's stay, so that is to be the
 * one whose meaning is wanted. Where lines alone do not fit together, as when both have a new member in
 * different places, each is given the meaning first: then nothing differs but how they are written.
 */
export function brought(base: string, one: string, other: string, as: unknown): Brought | undefined {
  const meaning = (text: string) => (read(text).error === undefined ? edit(text, [], as) : undefined);
  const fit = (...[base, one, other]: (string | undefined)[]) => {
    const lines = base === undefined || one === undefined || other === undefined ? undefined : together(base, one, other);
    const text = lines && meaning(lines.text);
    return text === undefined ? undefined : { text, both: lines?.both === true, asWritten: text === lines?.text };
  };
  const made = fit(base, one, other);
  if (made) return made;
  const forced = fit(meaning(base), meaning(one), meaning(other));
  return forced && { ...forced, asWritten: false };
}

async function means(text: string, as: string): Promise<boolean> {
  const [one, other] = [await readAside(text), await readAside(as)];
  return one.error === undefined && other.error === undefined && sameFlow(one.value, other.value);
}

/** The text of a version: as somebody wrote it, with the names of today. Undefined if nobody has, or it can't be read. */
export async function writtenOf(from: Editable): Promise<{ reading: Reading; written: Written } | undefined> {
  if (!from.written) return undefined;
  const reading = await readAside(from.written.text);
  if (reading.error !== undefined || !isRecord(reading.value)) return undefined;
  const text = edit(reading.text, [], withOwn(named(reading.value, from.document) as FlowValue, ownOf(from), []));
  return { reading: text === reading.text ? reading : await readAside(text), written: { ...from.written, text } };
}

/** A version that nobody wrote a text of, as an earlier text says it: its comments stay with what became of the rest. */
export async function earlierOf({ earlier, document }: Editable): Promise<Reading | undefined> {
  const newest = earlier === undefined ? undefined : await writeAside(document);
  if (earlier === undefined || !newest || newest.error !== undefined) return undefined;
  const { error } = await readAside(earlier);
  return error === undefined ? await readAside(edit(earlier, [], newest.value)) : undefined;
}

/** What a text says with the names that its document has now: of the version nothing else can be different. What a text may leave out stays left out. */
export function named(value: unknown, document: unknown): unknown {
  if (typeof value === "string") return typeof document === "string" ? document : value;
  if (Array.isArray(value)) return Array.isArray(document) && document.length === value.length ? value.map((one, place) => named(one, document[place])) : value;
  return isRecord(value) && isRecord(document) ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, named(one, document[name])])) : value;
}

/** Somebody else's version as a text: theirs, or made of what it means. */
export async function textFor(theirs: Editable): Promise<{ text: string; written: Written }> {
  const found = await writtenOf(theirs);
  const text = found?.reading.text ?? (await earlierOf(theirs))?.text ?? textOf(withOwn(theirs.document as unknown as FlowValue, ownOf(theirs), []));
  return { text, written: found?.written ?? { text } };
}

/** My text with the comments of theirs, and the meaning of both. Of lines that both changed mine stay, unless theirs are what is meant. */
export function withComments(base: Written | undefined, mine: string, { written, earlier }: Editable, both: unknown): string {
  const theirs = written?.text ?? earlier;
  if (theirs === undefined) return edit(mine, [], both);
  const from = base?.text ?? "";
  const own = brought(from, theirs, mine, both);
  const other = own?.asWritten ? undefined : brought(from, mine, theirs, both);
  return (other?.asWritten ? other : (own ?? other))?.text ?? edit(mine, [], both);
}
