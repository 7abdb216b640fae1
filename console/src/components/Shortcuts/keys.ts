import { useEffect } from "react";

export interface Key {
  /** A key, or two in a row: `g q`. */
  keys: string;
  label: string;
  run: () => void;
}

interface Group {
  name: string;
  keys: Key[];
}

const groups: Group[] = [];
const KEPT = "waypost.keys";
/** How long the second of two keys may take, in milliseconds. */
const PAUSE = 1200;

/** What can be pressed where one is, by the part of the page that it is for. */
export const shortcuts = (): readonly Group[] => groups;

/** Offers shortcuts as long as the component is shown. */
export function useKeys(name: string, keys: Key[]) {
  useEffect(() => {
    const group = { name, keys };
    groups.push(group);
    return () => void groups.splice(groups.indexOf(group), 1);
  });
}

/** Whether keys alone do something: whoever dictates, or types by accident, turns it off. */
export function keysOn(): boolean {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

export function setKeys(on: boolean) {
  try {
    if (on) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, "off");
  } catch {
    // It holds until the page is left: nothing keeps it.
  }
}

/** Where keys are text, or choose something. */
const TAKES_KEYS = "input, textarea, select, [contenteditable], [role='listbox'], [role='menu'], [role='tablist'], .react-flow, .code";

let first = "";
let firstAt = 0;

/** Runs what a key is for. */
export function press(event: KeyboardEvent) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !keysOn()) return;
  const target = event.target instanceof Element ? event.target : undefined;
  if (target?.closest(TAKES_KEYS) || document.querySelector(".dialog")) return;
  // When they were pressed counts: a page that is busy hears of them later.
  const pair = event.timeStamp - firstAt < PAUSE ? `${first} ${event.key}` : "";
  const all = groups.flatMap((group) => group.keys);
  const found = all.findLast((one) => one.keys === pair) ?? all.findLast((one) => one.keys === event.key);
  [first, firstAt] = [event.key, event.timeStamp];
  if (!found) return;
  first = "";
  event.preventDefault();
  found.run();
}
