import { type Editable, ownOf } from "../../api/editing";
import type { Written } from "../../api/written";
import { readAside, writeAside } from "../../edit/aside";
import { sameFlow, textOf } from "../../edit/begin";
import { edit, type Reading } from "../../edit/edit";
import type { FlowValue } from "../../edit/flow";
import { type Kept, keptMoves, keptText, withMoves } from "../../edit/kept";
import { withOwn } from "../../edit/own";
import type { Positions } from "../../edit/positions";
import type { Slot } from "../../edit/slot";
import type { Unanswered } from "../../edit/unanswered";
import { isRecord } from "../../edit/value";
import { isSame, takenOf } from "./landed";
import { earlierOf, madeFrom, withComments, writtenOf } from "./writing";

export interface Opened {
  text: string;
  /** The version that the text is of, or was made from. */
  base: Editable;
  /** Somebody else's version that the text has to be brought together with. */
  theirs?: Editable;
  /** What was sent from here and not answered; the newest version is not known to be after it. */
  unanswered?: Unanswered;
  /** Where this browser keeps what the server does not have. */
  slot: Slot;
  /** Where nodes are drawn: as the server has it, with what was moved and is not there yet. */
  positions: Positions;
}

/** The text that an editor begins with: what the server does not have yet, if this browser kept it, whatever others saved since; else the server's. */
export async function opening(slot: Slot, from: Editable): Promise<Opened> {
  return { ...(await textIn(slot, from)), slot, positions: withMoves(from.places ?? {}, keptMoves(slot.key)) };
}

type Begun = Pick<Opened, "text" | "base" | "theirs" | "unanswered">;

async function textIn({ key }: Slot, from: Editable): Promise<Begun> {
  const kept = keptText(key);
  if (!kept) return await fresh(from);
  const begun = await goOn(kept, from);
  return kept.unanswered?.version === from.version ? { ...begun, unanswered: kept.unanswered } : begun;
}

async function goOn(kept: Kept, from: Editable): Promise<Begun> {
  let reading = await readAside(kept.text);
  if (isRecord(reading.value)) {
    // It may have been renamed since, which no version of it knows.
    const text = edit(kept.text, [], withOwn(reading.value as FlowValue, ownOf(from), kept.typed));
    if (text !== kept.text) reading = await readAside(text);
  }
  const { text } = reading;
  const flow = reading.error === undefined ? reading.value : undefined;
  let known: Written = kept.base ?? { text: "", pending: true };
  // A page that was left at once did not hear that the server had saved it.
  for (const one of [kept.unanswered, kept.saved || flow === undefined ? undefined : { version: kept.version, documents: [flow as FlowValue] }]) {
    const taken = await takenOf(one, from);
    if (!one || !taken) continue;
    known = madeFrom(one.version, known);
    Object.assign(kept, { version: one.version + 1, saved: flow !== undefined && isSame(flow as FlowValue, taken, from) });
    break;
  }
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
