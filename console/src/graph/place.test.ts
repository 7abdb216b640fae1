import { expect, test } from "vitest";
import { place } from "./place";

const box = (id: string) => ({ id, width: 200, height: 60 });

test("flows that are called stand below, and nothing overlaps", () => {
  const chain = ["1", "2", "3", "4"].map(box);
  const edges = [{ from: "1", to: "2" }, { from: "2", to: "3" }, { from: "3", to: "4" }];
  const placed = place([
    { key: "a", nodes: chain, edges },
    { key: "b", nodes: [box("1")], edges: [] },
    { key: "c", nodes: [box("1")], edges: [] },
    { key: "d", nodes: chain, edges },
  ]);
  for (const [number, one] of placed.entries()) {
    for (const other of placed.slice(number + 1)) {
      const apart = one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y;
      expect(apart, `${one.key} ${other.key}`).toBe(true);
    }
  }
  expect(placed[1]!.y).toBe(placed[2]!.y);
  expect(placed[0]!.nodes["2"]!.x).toBeGreaterThan(placed[0]!.nodes["1"]!.x + 200);
});

test("a node that leads to itself is laid out", () => {
  expect(place([{ key: "a", nodes: [box("1")], edges: [{ from: "1", to: "1" }] }])[0]!.nodes["1"]).toBeDefined();
});

test("a long flow is laid out without loops and overlaps", () => {
  const many = 2_000;
  const nodes = Array.from({ length: many }, (_, number) => box(`${number}`));
  const edges = nodes.slice(1).map((_, number) => ({ from: `${number}`, to: `${number + 1}` }));
  // Some lead ahead, and some back.
  for (let number = 0; number + 7 < many; number += 4) edges.push({ from: `${number}`, to: `${number + 7}` }, { from: `${number + 3}`, to: `${number}` });
  const [one] = place([{ key: "a", nodes, edges }]);
  const places = Object.values(one!.nodes);
  expect(places).toHaveLength(many);
  expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBe(many);
  for (const { x, y } of places) expect(x >= 0 && x + 200 <= one!.width && y >= 0 && y + 60 <= one!.height).toBe(true);
  expect(one!.nodes["1"]!.x).toBeGreaterThan(one!.nodes["0"]!.x + 200);
});
