import { expect, test } from "vitest";
import { layers, MAP_NODE } from "./layers";

test("users stand left of what they use, and nothing overlaps", () => {
  const nodes = [
    ...["mailbox:m", "domain:d", "route:r", "flow:a", "flow:b", "flow:c", "queue:q", "secret:s", "oddity:o"],
    ...Array.from({ length: 40 }, (_, place) => `queue:${place}`),
  ].map((key) => ({ key, kind: key.split(":")[0]! }));
  const edges = [["mailbox:m", "route:r"], ["route:r", "flow:a"], ["flow:a", "flow:b"], ["flow:b", "flow:c"], ["flow:a", "flow:c"], ["flow:c", "queue:q"]].map(([from, to]) => ({ from: from!, to: to! }));
  const { at, lanes } = layers({ nodes, edges });
  for (const { from, to } of edges) expect(at[from]!.x, `${from} ${to}`).toBeLessThan(at[to]!.x);
  const taken = Object.values(at).map(({ x, y }) => `${x} ${y}`);
  expect(new Set(taken).size).toBe(nodes.length);
  expect(Math.max(...Object.values(at).map(({ x }) => x)) + MAP_NODE.width).toBe(lanes.at(-1)!.x + lanes.at(-1)!.width);
  expect(lanes.map((lane) => lane.title)).toEqual(["Where mail comes in", "Routes", "Flows", "Called flows", "", "What they use", "Secrets", "Others"]);
});

test("flows that call each other in a circle are laid out", () => {
  const edges = [{ from: "flow:a", to: "flow:b" }, { from: "flow:b", to: "flow:a" }];
  expect(Object.keys(layers({ nodes: [{ key: "flow:a", kind: "flow" }, { key: "flow:b", kind: "flow" }], edges }).at)).toHaveLength(2);
});
