import { expect, test } from "vitest";
import { compare, placeOf } from "./compare";

const before = {
  nodes: [
    { id: "ask", actions: [{ type: "log", message: "a" }, { type: "runFlow", flow: "F" }], next: [{ when: "${x == 1}", to: "one" }, { to: "two" }] },
    { id: "one", actions: [{ type: "transferToQueue", queue: "A" }] },
    { id: "two", actions: [{ type: "transferToQueue", queue: "B" }] },
  ],
} as never;
const after = {
  nodes: [
    { id: "ask", actions: [{ type: "runFlow", flow: "G" }], next: [{ when: "${x == 2}", to: "one" }, { to: "three" }] },
    { id: "one", actions: [{ type: "transferToQueue", queue: "A" }] },
    { id: "three", actions: [{ type: "forEach", items: "${l}", as: "i", actions: [{ type: "log", message: "m" }] }, { type: "return" }] },
  ],
} as never;
const differences = [
  { path: "nodes[two]", change: "removed" },
  { path: "nodes[ask].actions[0]", change: "removed" },
  { path: "nodes[ask].actions[0].flow", change: "changed", before: "F", after: "G" },
  { path: "nodes[ask].next[0].when", change: "changed" },
  { path: "nodes[three]", change: "added" },
  { path: "inputs[text]", change: "added" },
];

test("nodes, edges and lines of both versions, with what became of them", () => {
  const found = compare(before, after, differences);
  expect([...found.nodes].map((one) => one.join(" "))).toEqual(["two removed", "ask changed", "three added"]);
  const told = found.model.edges.map((edge) => {
    const { change, before: was } = found.edges.get(edge.id) ?? {};
    return [edge.from, edge.to, edge.label, change, was].filter(Boolean).join(" ");
  });
  expect(told).toEqual(["ask one x == 2 changed x == 1", "ask three otherwise added", "ask two otherwise removed"]);
  const ask = found.model.nodes.find((node) => node.id === "ask")!;
  expect(ask.actions.map((action) => `${action.type} ${found.lines.get(`ask/${action.path}`)}`)).toEqual(["log removed", "runFlow changed"]);
});

test("a difference is in a node or in the flow itself", () => {
  expect(placeOf({ path: "nodes[a].actions[0].queue" })).toEqual({ node: "a", path: "actions[0].queue" });
  expect(placeOf({ path: "nodes[a]" })).toEqual({ node: "a", path: "" });
  expect(placeOf({ path: "onError.to" })).toBeUndefined();
});
