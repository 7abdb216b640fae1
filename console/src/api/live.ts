import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { ApiError, isAbsent, request } from "./client";
import { eventReader, type ServerEvent } from "./events";
import { session } from "./queries";
import { affectedBy, type Affects, everything, isRead } from "./stale";

/** `live`: what changes is shown as it happens. `polling`: the server offers no stream now, so it is asked again and again. */
export type Status = "connecting" | "live" | "polling";

/** How often is asked where there is no stream, in milliseconds. */
export const POLL = 5000;

/** Events that come together are answered together; under load no more often than this, in milliseconds. */
const [TOGETHER, AT_MOST] = [300, 1000];

/** A tab that nobody looks at gives its connection back after this time, in milliseconds: browsers have few for one server. */
const HIDDEN = 60_000;

/** The server sends a heartbeat every 15 seconds: after this silence, in milliseconds, the connection is dead. */
const SILENT = 45_000;

const [FIRST_WAIT, LONGEST_WAIT] = [1000, 30_000];

let status: Status = "connecting";
let held = false;
const watchers = new Set<() => void>();
const told = () => watchers.forEach((watcher) => watcher());
const watch = (watcher: () => void) => {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
};

function become(next: Status) {
  if (status === next) return;
  status = next;
  told();
}

/** How views are kept up to date now, and whether somebody holds them still. */
export function useLive(): { status: Status; held: boolean } {
  return { status: useSyncExternalStore(watch, () => status), held: useSyncExternalStore(watch, () => held) };
}

/** Holds all views still, or lets them go on: then they show at once what they missed. */
export function hold(still: boolean) {
  held = still;
  told();
}

/**
 * Keeps what is shown up to date: by the server's stream of events where there is one, else by asking again. Answers how to stop.
 * What is asked for is up to the screens; this says only when it is old.
 */
export function keepUp(client: QueryClient): () => void {
  const stop = new AbortController();
  const old = keepFresh(client, stop.signal);
  let heard = new AbortController();
  // Where the session ended, asking who is signed in leads to signing in.
  const ask = () => void client.refetchQueries({ queryKey: session.queryKey });
  const start = () => {
    heard = new AbortController();
    void listen(old, ask, heard.signal);
  };
  // A page that is left is kept for whoever goes back, and so would be its stream: one that nobody reads, of the few connections that all have.
  const left = () => {
    heard.abort();
    become("connecting");
  };
  // Whoever comes back to it may be signed in no more.
  const back = ({ persisted }: PageTransitionEvent) => {
    if (!persisted) return;
    ask();
    old(everything);
    start();
  };
  window.addEventListener("pagehide", left);
  window.addEventListener("pageshow", back);
  start();
  return () => {
    window.removeEventListener("pagehide", left);
    window.removeEventListener("pageshow", back);
    left();
    stop.abort();
  };
}

/** Takes what became old, and asks for it again: soon, together, and not while it is held. */
function keepFresh(client: QueryClient, signal: AbortSignal): (affects: Affects) => void {
  let waiting: Affects[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  const refresh = async () => {
    timer = undefined;
    if (held || busy || signal.aborted || waiting.length === 0 || document.hidden) return;
    const changed = waiting;
    waiting = [];
    busy = true;
    const began = Date.now();
    // One list that is asked for in vain keeps the others waiting for a while only.
    await Promise.race([client.invalidateQueries({ predicate: (query) => !isRead(query) && changed.some((affects) => affects(query.queryKey)) }), pause(POLL, signal)]);
    busy = false;
    if (waiting.length > 0) timer ??= setTimeout(() => void refresh(), Math.max(TOGETHER, began + AT_MOST - Date.now()));
  };
  const soon = () => {
    timer ??= setTimeout(() => void refresh(), TOGETHER);
  };
  watchers.add(soon);
  document.addEventListener("visibilitychange", soon);
  signal.addEventListener("abort", () => {
    watchers.delete(soon);
    document.removeEventListener("visibilitychange", soon);
    clearTimeout(timer);
  });
  return (affects) => {
    // Whatever happened, all is old: there is no more to keep.
    if (affects === everything) waiting = [everything];
    else if (waiting[0] !== everything) waiting.push(affects);
    if (waiting.length > 500) waiting = [everything];
    soon();
  };
}

async function listen(old: (affects: Affects) => void, ask: () => void, signal: AbortSignal) {
  let last: string | undefined;
  let wait = FIRST_WAIT;
  const take = (event: ServerEvent) => {
    // What happened while the first screens asked and nobody listened yet is not known.
    if (event.name === "ready" && last === undefined) old(everything);
    last = event.id ?? last;
    wait = FIRST_WAIT;
    become("live");
    const affects = affectedBy(event);
    if (affects) old(affects);
  };
  while (!signal.aborted) {
    let stays = false;
    try {
      await follow(last, take, signal);
      if (!signal.aborted) become("connecting");
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 401) ask();
      const refused = error instanceof ApiError && error.status > 0;
      stays = refused && (error.status === 403 || isAbsent(error));
      if (refused && error.retryAfter) wait = Math.max(wait, error.retryAfter * 1000);
      become(refused ? "polling" : "connecting");
    }
    await visible(signal);
    const until = stays ? Infinity : Date.now() + wait;
    wait = Math.min(wait * 2, LONGEST_WAIT);
    while (!signal.aborted && Date.now() < until) {
      await pause(Math.min(POLL, until - Date.now()), signal);
      if (!signal.aborted && status === "polling") old(everything);
    }
  }
}

/** Reads the stream until it ends, or nobody has looked for a while. */
async function follow(last: string | undefined, take: (event: ServerEvent) => void, signal: AbortSignal) {
  const stop = new AbortController();
  const end = () => stop.abort();
  let hidden: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const looked = () => {
    clearTimeout(hidden);
    if (document.hidden) hidden = setTimeout(end, HIDDEN);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(end, SILENT);
  };
  signal.addEventListener("abort", end);
  document.addEventListener("visibilitychange", looked);
  looked();
  try {
    const response = await request("/events/stream", { signal: stop.signal, headers: { accept: "text/event-stream", ...(last && { "last-event-id": last }) } });
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    const read = eventReader(take);
    while (reader) {
      heard();
      const { done, value } = await reader.read();
      if (done) return;
      read(decoder.decode(value, { stream: true }));
    }
  } catch (error) {
    // That it was cut is no answer of the server's.
    if (error instanceof ApiError) throw error;
  } finally {
    clearTimeout(hidden);
    clearTimeout(silence);
    signal.removeEventListener("abort", end);
    document.removeEventListener("visibilitychange", looked);
  }
}

const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });

function visible(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((done) => {
    const shown = () => {
      document.removeEventListener("visibilitychange", shown);
      done();
    };
    document.addEventListener("visibilitychange", shown);
    signal.addEventListener("abort", shown, { once: true });
  });
}
