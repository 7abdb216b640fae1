import type { Point } from "../graph/place";
import { isRecord } from "./value";

/** What this browser keeps of a flow that is edited: its text with comments, and where its nodes are drawn. */
export interface Kept {
  text: string;
  /** The version that the text is of, or was made from. */
  version: number;
  /** Whether the text is on the server. */
  saved: boolean;
}

const TEXT = "waypost.flow.";
const POSITIONS = "waypost.positions.";

export function keptText(id: string, clientId: string): Kept | undefined {
  const found = get(TEXT + id);
  return isRecord(found) && found.clientId === clientId && typeof found.text === "string" ? { text: found.text, version: Number(found.version), saved: found.saved === true } : undefined;
}

export const keepText = (id: string, clientId: string, kept: Kept | undefined) => set(TEXT + id, kept && { ...kept, clientId });

export function keptPositions(id: string): Record<string, Point> {
  const found = get(POSITIONS + id);
  return isRecord(found) ? (Object.fromEntries(Object.entries(found).filter(([, at]) => isRecord(at) && Number.isFinite(at.x) && Number.isFinite(at.y))) as unknown as Record<string, Point>) : {};
}

export const keepPositions = (id: string, positions: Readonly<Record<string, Point>>) => set(POSITIONS + id, positions);

function get(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return undefined;
  }
}

function set(key: string, value: unknown) {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing has it until the page is left.
  }
}
