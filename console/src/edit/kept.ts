import type { Written } from "../api/written";
import type { Point } from "../graph/place";
import type { Positions } from "./positions";
import type { Unanswered } from "./unanswered";
import { isRecord } from "./value";

/** What this browser keeps of a flow that is edited, until the server has it. */
export interface Kept {
  text: string;
  /** The version that the text is of, or was made from. */
  version: number;
  /** Whether the server has what it means: then its comments alone are missing there. */
  saved: boolean;
  /** Which members that a version can't change were typed all the same. */
  typed: string[];
  /** The server's text that it was made from. */
  base?: Written;
  /** What was sent and not answered. */
  unanswered?: Unanswered;
}

/** Where nodes were moved to that the server does not know of yet; null is nowhere. */
export type Moved = Readonly<Record<string, Point | null>>;

const PLACES = ".places";

/** What is kept in a slot: its key is from `takeSlot`. */
export function keptText(slot: string): Kept | undefined {
  const found = get(slot);
  if (!isRecord(found) || typeof found.text !== "string") return undefined;
  const base = isRecord(found.base) && typeof found.base.text === "string" ? (found.base as unknown as Written) : undefined;
  return { text: found.text, version: Number(found.version), saved: found.saved === true, typed: Array.isArray(found.typed) ? found.typed.map(String) : [], ...(base && { base }), ...(isUnanswered(found.unanswered) && { unanswered: found.unanswered }) };
}

const isUnanswered = (found: unknown): found is Unanswered => isRecord(found) && Number.isInteger(found.version) && Array.isArray(found.documents) && found.documents.every(isRecord);

/** Keeps it, or, without one, forgets it; answers whether the browser did: it keeps so much and no more. */
export function keepText(slot: string, kept: Kept | undefined): boolean {
  if (set(slot, kept)) return true;
  if (!kept?.unanswered) return false;
  // The text comes first.
  const { unanswered: _, ...text } = kept;
  return set(slot, text);
}

/** Where nodes were moved to before the page was left, if the server does not know of it. */
export function keptMoves(slot: string): Moved {
  const found = get(slot + PLACES);
  const isPoint = (at: unknown) => at === null || (isRecord(at) && Number.isFinite(at.x) && Number.isFinite(at.y));
  return isRecord(found) ? (Object.fromEntries(Object.entries(found).filter(([, at]) => isPoint(at))) as Moved) : {};
}

export const keepMoves = (slot: string, moved: Moved): boolean => set(slot + PLACES, Object.keys(moved).length === 0 ? undefined : moved);

/** Positions after somebody moved some of them. */
export function withMoves(positions: Positions, moved: Moved): Positions {
  if (Object.keys(moved).length === 0) return positions;
  return Object.fromEntries(Object.entries({ ...positions, ...moved }).filter((one): one is [string, Point] => one[1] !== null));
}

/** Slots with a text or moves in them: that of a name, and those that are numbered after it. */
export function usedSlots(name: string): string[] {
  const keys = Array.from({ length: localStorage.length }, (_, place) => localStorage.key(place) ?? "");
  const slots = keys.map((key) => (key.endsWith(PLACES) ? key.slice(0, -PLACES.length) : key));
  return [...new Set(slots.filter((slot) => slot === name || (slot.startsWith(`${name}.`) && /^\d+$/.test(slot.slice(name.length + 1)))))].sort();
}

function set(key: string, value: unknown): boolean {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

function get(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return undefined;
  }
}
