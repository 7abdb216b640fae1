import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hold, keepUp } from "./live";

/** What was asked of the server, and the streams that it opened: what is written to one is read. */
let asked: Headers[] = [];
let streams: ReadableStreamDefaultController<Uint8Array>[] = [];
let signals: AbortSignal[] = [];
let answer: () => Response;
let stop: () => void = () => {};

const streaming = () =>
  new Response(new ReadableStream({ start: (controller) => void streams.push(controller) }), { headers: { "content-type": "text/event-stream" } });
const write = (text: string) => streams.at(-1)!.enqueue(new TextEncoder().encode(text));

/** A client that has one query, which is looked at, and how often it was asked. */
function looked() {
  const client = new QueryClient();
  let times = 0;
  const queryFn = () => ++times;
  client.getQueryCache().build(client, { queryKey: ["interactions", {}], queryFn }).setData(0);
  vi.spyOn(client, "invalidateQueries").mockImplementation(async (filters) => {
    const found = client.getQueryCache().findAll(filters);
    times += found.length;
  });
  return { client, times: () => times };
}

beforeEach(() => {
  vi.useFakeTimers();
  [asked, streams, signals, answer] = [[], [], [], streaming];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    asked.push(new Headers(init.headers));
    const opened = streams.length;
    if (init.signal) signals.push(init.signal);
    init.signal?.addEventListener("abort", () => streams[opened]?.error(new DOMException("aborted", "AbortError")));
    return answer();
  });
});

afterEach(() => {
  stop();
  hold(false);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("events that come together are answered once, what is held waits, and a stream goes on where it was cut", async () => {
  const { client, times } = looked();
  stop = keepUp(client);
  await vi.advanceTimersByTimeAsync(0);
  write("id: a-1\nevent: ready\ndata: {}\n\n");
  await vi.advanceTimersByTimeAsync(2000);
  expect(times()).toBe(1);
  const decided = (id: number) => `id: a-${id}\nevent: interaction.decided\ndata: {"interactionId":"i"}\n\n`;
  write(decided(2) + decided(3) + decided(4));
  await vi.advanceTimersByTimeAsync(2000);
  expect(times()).toBe(2);
  hold(true);
  write(decided(5));
  await vi.advanceTimersByTimeAsync(2000);
  expect(times()).toBe(2);
  hold(false);
  await vi.advanceTimersByTimeAsync(2000);
  expect(times()).toBe(3);
  streams.at(-1)!.close();
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked.map((headers) => headers.get("last-event-id"))).toEqual([null, "a-5"]);
  write("id: b-1\nevent: ready\ndata: {}\n\n");
  await vi.advanceTimersByTimeAsync(2000);
  expect(times(), "nothing was missed").toBe(3);
  write('id: b-1\nevent: reset\ndata: {"reason":"slow"}\n\n');
  await vi.advanceTimersByTimeAsync(2000);
  expect(times()).toBe(4);
});

test("where there is no stream, it is asked again and again", async () => {
  answer = () => new Response("{}", { status: 501 });
  const { client, times } = looked();
  stop = keepUp(client);
  await vi.advanceTimersByTimeAsync(16_000);
  expect(times()).toBe(3);
  expect(asked).toHaveLength(1);
});

test("a stream that is silent for long is dead, and another is opened", async () => {
  const { client } = looked();
  stop = keepUp(client);
  await vi.advanceTimersByTimeAsync(44_000);
  expect(asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(3000);
  expect(asked).toHaveLength(2);
});

/** The page is left for another, or come back to as it was left. */
const page = (name: "pagehide" | "pageshow") => window.dispatchEvent(Object.assign(new Event(name), { persisted: true }));
const asksSession = (client: QueryClient) => vi.spyOn(client, "refetchQueries").mockResolvedValue();

test("a page that is left gives its stream back, and goes on where it was once somebody comes back to it", async () => {
  const { client, times } = looked();
  const session = asksSession(client);
  stop = keepUp(client);
  await vi.advanceTimersByTimeAsync(0);
  write("id: a-1\nevent: ready\ndata: {}\n\n");
  await vi.advanceTimersByTimeAsync(2000);
  let cut = false;
  signals[0]!.addEventListener("abort", () => (cut = true));
  page("pagehide");
  expect(cut).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
  expect(session).not.toHaveBeenCalled();
  page("pageshow");
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked).toHaveLength(2);
  expect(times(), "what happened meanwhile is asked for").toBe(2);
  expect(session, "and who is signed in").toHaveBeenCalledWith({ queryKey: ["session"] });
});

test("where the stream is refused because the session ended, it is asked who is signed in, however much else is old", async () => {
  answer = () => new Response("{}", { status: 401 });
  const { client } = looked();
  const session = asksSession(client);
  hold(true);
  stop = keepUp(client);
  await vi.advanceTimersByTimeAsync(500);
  expect(session).toHaveBeenCalledTimes(1);
});
