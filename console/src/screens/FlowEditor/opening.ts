import { type Editable, loadDocument, ownOf } from "../../api/editing";
import type { Written } from "../../api/written";
import { readAside, writeAside } from "../../edit/aside";
import { sameFlow, textOf } from "../../edit/begin";
import { edit, type Reading } from "../../edit/edit";
import type { FlowValue } from "../../edit/flow";
import { keptMoves, keptText, withMoves } from "../../edit/kept";
import { withOwn } from "../../edit/own";
import type { Positions } from "../../edit/positions";
import type { Slot } from "../../edit/slot";
import { isRecord } from "../../edit/value";
import { earlierOf, madeFrom, withComments, writtenOf } from "./writing";

export interface Opened {
  text: string;
  /** The version that the text is of, or was made from. */
  base: Editable;
  /** Somebody else's version that the text has to be brought together with. */
  theirs?: Editable;
  /** Where this browser keeps what the server does not have. */
  slot: Slot;
  /** Where nodes are drawn: as the server has it, with what was moved and is not there yet. */
  positions: Positions;
}

/** The text that an editor begins with: what the server does not have yet, if this browser kept it, whatever others saved since; else the server's. */
export async function opening(slot: Slot, from: Editable): Promise<Opened> {
  return { ...(await textIn(slot, from)), slot, positions: withMoves(from.places ?? {}, keptMoves(slot.key)) };
}

type Begun = Pick<Opened, "text" | "base" | "theirs">;

async function textIn({ key }: Slot, from: Editable): Promise<Begun> {
  const kept = keptText(key);
  if (!kept) return await fresh(from);
  let reading = await readAside(kept.text);
  if (isRecord(reading.value)) {
    // It may have been renamed since, which no version of it knows.
    const text = edit(kept.text, [], withOwn(reading.value as FlowValue, ownOf(from), kept.typed));
    if (text !== kept.text) reading = await readAside(text);
  }
  const { text } = reading;
  const flow = reading.error === undefined ? reading.value : undefined;
  // A page that was left at once did not hear that the server had saved it.
  const next = kept.version + 1;
  if (!kept.saved && flow !== undefined && next < from.version && sameFlow(flow, await loadDocument(from.flow.id, next))) Object.assign(kept, { saved: true, version: next });
  const known: Written = kept.base ?? { text: "", pending: true };
  const written = kept.version === from.version ? known : madeFrom(kept.version, known);
  if (kept.version === from.version && kept.saved && flow !== undefined) return { text, base: of(from, reading, written) };
  if (kept.version === from.version || sameFlow(flow, from.document)) return { text, base: sameFlow(flow, from.document) ? of(from, reading, written) : { ...from, written } };
  if (!kept.saved) return { text, base: { ...from, version: kept.version, written: known }, theirs: from };
  // Nothing of one's own is in it but comments: they stay with what others made of the rest.
  const newest = flow === undefined ? undefined : await writeAside(from.document);
  if (!newest || newest.error !== undefined) return await fresh(from);
  const both = await readAside(withComments(kept.base, text, from, newest.value));
  return { text: both.text, base: of(from, both, written) };
}

async function fresh(from: Editable): Promise<Begun> {
  const found = await writtenOf(from);
  if (found) return { text: found.reading.text, base: of(from, found.reading, found.written) };
  const reading = (await earlierOf(from)) ?? (await writeAside(from.document));
  const text = reading?.text ?? textOf(from.document);
  return { text, base: reading ? of(from, reading, { text }) : { ...from, written: { text } } };
}

/** The server writes out what a text may leave out: what it has of the version is this text. */
const of = (from: Editable, { value }: Reading, written: Written): Editable => ({ ...from, document: value as Editable["document"], written });
