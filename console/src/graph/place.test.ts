import { expect, test } from "vitest";
import { place } from "./place";

const box = (id: string) => ({ id, width: 200, height: 60 });

test("what is called stands right of the node that calls it, and nothing overlaps", () => {
  const sheets = place([
    { key: "a", nodes: [box("1"), box("2"), box("3")], edges: [{ from: "1", to: "2" }, { from: "2", to: "3" }] },
    { key: "b", nodes: [box("1")], edges: [], caller: { sheet: "a", node: "2" } },
    { key: "c", nodes: [box("1")], edges: [], caller: { sheet: "a", node: "3" } },
  ]);
  const [a, b, c] = sheets as [(typeof sheets)[0], (typeof sheets)[0], (typeof sheets)[0]];
  expect(b.x).toBeGreaterThan(a.x + a.width);
  expect(b.y + b.nodes["1"]!.y).toBe(a.y + a.nodes["2"]!.y);
  expect(c.y).toBeGreaterThan(b.y + b.height);
});

test("a node that leads to itself is laid out", () => {
  expect(place([{ key: "a", nodes: [box("1")], edges: [{ from: "1", to: "1" }] }])[0]!.nodes["1"]).toBeDefined();
});
