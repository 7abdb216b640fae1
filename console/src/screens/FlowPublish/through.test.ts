import { expect, test } from "vitest";
import { through } from "./FlowPublish";

const map = {
  nodes: ["flow:a", "flow:urgency", "flow:b", "flow:c", "route:1", "route:2", "queue:q"].map((key) => ({ key, kind: key.split(":")[0] ?? "" })),
  edges: [["flow:urgency", "flow:a"], ["flow:b", "flow:urgency"], ["flow:c", "flow:b"], ["route:1", "flow:b"], ["route:2", "flow:c"], ["flow:a", "queue:q"]].map(([from = "", to = ""]) => ({ from, to })),
};

test("callers are followed to the routes", () => {
  expect(through(map, "flow:urgency", "flow:a")).toBe(" (through it 2 flows, 2 routes)");
  expect(through(map, "flow:c", "flow:a")).toBe(" (through it 1 route)");
  expect(through({ nodes: map.nodes, edges: [] }, "flow:c", "flow:a")).toBe("");
});
