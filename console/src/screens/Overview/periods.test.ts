import { expect, test } from "vitest";
import { buckets, decided, lengthFor, worst } from "./periods";

const minute = (place: number, queue = 0, forward = 0) =>
  ({ at: new Date(Date.UTC(2026, 0, 1, 11, 58 + place)).toISOString(), accepted: 0, duplicates: 0, failed: 0, decided: { queue, forward, disconnect: 0, unrouted: 0 } });

test("minutes go into buckets that begin at whole ones", () => {
  expect([60, 360, 1440].map(lengthFor)).toEqual([1, 5, 15]);
  const found = buckets([0, 1, 2, 3].map((place) => minute(place)), 5);
  expect(found.map((one) => [new Date(one.at).toISOString().slice(11, 16), one.from, one.until])).toEqual([
    ["11:55", 0, 2],
    ["12:00", 2, 4],
  ]);
});

test("decisions by queue are all decisions: what has no colour of its own is one", () => {
  const byQueue = ["a", "b", "c", "d", "e", "f"].map((name) => ({ queue: { id: name, name }, total: 1, decided: [1, 0] }));
  const found = decided({ series: [minute(0, 7), minute(1, 0, 2)], byQueue });
  expect(found.map((one) => `${one.name} ${one.values.join()}`)).toEqual(["a 1,0", "b 1,0", "c 1,0", "d 1,0", "e 1,0", "other queues 2,0", "forwarded 0,2"]);
});

test("of several minutes the worst percentile is told, and none of minutes without a decision", () => {
  const [bucket] = buckets([0, 1].map((place) => ({ ...minute(place), decision: { p50Ms: place, p95Ms: 9 - place } })), 5);
  expect([worst(bucket!, "p50Ms"), worst(bucket!, "p95Ms"), worst({ ...bucket!, minutes: [minute(0)] }, "p50Ms")]).toEqual([1, 9, null]);
});
