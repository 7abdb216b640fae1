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
