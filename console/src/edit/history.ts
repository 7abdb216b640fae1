import type { Point } from "../graph/place";

/** What is edited: the flow's YAML, the one truth about it, and where its nodes are drawn, which is no part of it. */
export interface Content {
  text: string;
  positions: Readonly<Record<string, Point>>;
  /** How many versions of others came in before it: what was written before one is not meant for it. */
  epoch: number;
}

export interface History {
  now: Content;
  past: Content[];
  future: Content[];
  /** What the last change was part of, and when it was made, in milliseconds. */
  last: { key: string; at: number } | undefined;
}

/** Changes of one thing that follow each other faster than this are undone as one. */
const PAUSE = 1500;
const MOST = 500;

export const begin = (now: Content): History => ({ now, past: [], future: [], last: undefined });

/** A change. Those of the same key are one as long as none takes too long: keystrokes in a field, steps of a drag. */
export function change(history: History, next: Partial<Omit<Content, "epoch">>, key: string | undefined, at: number): History {
  const now = { ...history.now, ...next };
  if (now.text === history.now.text && now.positions === history.now.positions) return history;
  const { last } = history;
  const goesOn = key !== undefined && last?.key === key && at - last.at < PAUSE && history.past.length > 0;
  return { now, past: goesOn ? history.past : [...history.past, history.now].slice(-MOST), future: [], last: key === undefined ? undefined : { key, at } };
}

/** A version of somebody else's comes in. What was edited is to be undone to, or, where nothing was, is left behind. */
export const takeIn = (history: History, text: string, epoch: number, edited: boolean): History => ({ now: { ...history.now, text, epoch }, past: edited ? [...history.past, history.now].slice(-MOST) : history.past, future: [], last: undefined });

export function undo(history: History): History {
  const before = history.past.at(-1);
  return before ? { now: before, past: history.past.slice(0, -1), future: [history.now, ...history.future], last: undefined } : history;
}

export function redo(history: History): History {
  const [next, ...future] = history.future;
  return next ? { now: next, past: [...history.past, history.now], future, last: undefined } : history;
}

/** Where nodes were put that had no place: no change of anybody's, and nothing to undo. */
export const settle = (history: History, positions: Content["positions"]): History => ({ ...history, now: { ...history.now, positions } });
