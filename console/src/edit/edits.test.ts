import { expect, test } from "vitest";
import { LANGUAGE } from "../api/language";
import { complete, expressionAt } from "./complete";
import { addNode, connect, type FlowValue, removeNode, renameNode, undrawable } from "./flow";
import { begin, change, redo, takeIn, undo } from "./history";
import { neighbour, placed } from "./positions";
import { ofDocument, rangeOf } from "./problems";
import { renamedInPlace } from "./renames";
import { scopeOf } from "./scope";

const flow: FlowValue = {
  name: "F",
  onError: { to: "c" },
  inputs: [{ name: "text", dataType: "string" }],
  nodes: [
    { id: "a", actions: [{ type: "forEach", as: "one", actions: [{ type: "lookupTable", notFound: { to: "c" }, outputMapping: [{ name: "tier", value: "${output.tier}" }] }] }] },
    { id: "b", next: [{ when: "${x}", to: "a" }, { to: "c" }] },
    { id: "c", actions: [{ type: "setVariable", name: "x", value: true }] },
  ],
};
const ways = (one: FlowValue) => one.nodes?.map((node) => `${node.id}>${(node.next ?? []).map((branch) => branch.to + (branch.when ?? "")).join(",")}`).join(" ");

test("a node is put in, taken away and renamed with all that leads to it", () => {
  expect(ways(addNode(flow, "a").flow)).toBe("a> node-1> b>a${x},c c>");
  expect(ways(addNode(flow, "b").flow)).toBe("a> b>a${x},node-1${false},c node-1> c>");
  const without = removeNode(flow, "c");
  expect([ways(without), without.onError, JSON.stringify(without).includes("notFound")]).toEqual(["a> b>a${x}", undefined, false]);
  const renamed = renameNode(flow, "c", "see");
  expect([ways(renamed), JSON.stringify(renamed).match(/"to":"see"/g)?.length]).toEqual(["a> b>a${x},see see>", 3]);
});

test("what is connected still goes where it went", () => {
  expect(ways(connect(flow, "a", "c"))).toBe("a>c${false},b b>a${x},c c>");
  expect(ways(connect(flow, "c", "a"))).toBe("a> b>a${x},c c>a");
});

test("undo covers every change, and keystrokes are one", () => {
  let history = begin({ text: "", positions: {}, epoch: 0 });
  for (const [nth, text] of ["a", "ab", "abc"].entries()) history = change(history, { text }, "yaml", nth * 100);
  history = change(history, { positions: { a: { x: 1, y: 1 } } }, undefined, 400);
  history = change(history, { text: "abcd" }, "yaml", 500);
  history = change(history, { text: "abcde" }, "yaml", 5000);
  const seen = [];
  for (; history.past.length > 0; history = undo(history)) seen.push(history.now.text + Object.keys(history.now.positions).join());
  expect(seen).toEqual(["abcdea", "abcda", "abca", "abc"]);
  expect(redo(redo(history)).now.positions).toEqual({ a: { x: 1, y: 1 } });
});

test("nodes never move by themselves, and a new one stands on no other", () => {
  const size = { width: 200, height: 80 };
  const before = { a: { x: 0, y: 0 }, b: { x: 350, y: 0 } };
  const after = placed([{ id: "a", size }, { id: "new", size, after: "a" }, { id: "b", size, after: "a" }], before);
  expect(after).toEqual({ ...before, new: { x: 350, y: 104 } });
  expect(placed([{ id: "a", size }, { id: "b", size }], before)).toBe(before);
  expect((["right", "down", "left", "up"] as const).map((way) => neighbour("a", way, after))).toEqual(["b", "new", undefined, undefined]);
});

test("what is in reach of an expression is offered", () => {
  const scope = scopeOf(flow);
  expect(scope.variables.map((one) => one.name)).toEqual(["one", "tier", "x"]);
  const offered = (text: string) => complete(text, text.length, scope, LANGUAGE)?.suggestions.map((one) => one.label) ?? [];
  expect(offered("to ${")).toEqual(expect.arrayContaining(["interaction", "input", "x", "now", "containsAny"]));
  expect(offered("${interaction.em")).toEqual(expect.arrayContaining(["email", "priority"]));
  expect(offered("${interaction.email.from.")).toEqual(expect.arrayContaining(["address", "domain"]));
  expect(offered("${input.")).toEqual(["text"]);
  expect(offered("${interaction.email.subject.")).toEqual(expect.arrayContaining(["startsWith", "contains"]));
  expect(offered("plain")).toEqual([]);
  expect(complete("Bil", 3, scope, LANGUAGE, [{ name: "Billing" }])?.suggestions[0]?.label).toBe("Billing");
  expect([expressionAt("${'}' + x", 9), expressionAt("${'a", 4), expressionAt("$${x", 4), expressionAt("${x} y", 6)]).toEqual([2, undefined, undefined, undefined]);
});

test("a problem is told at its line, and those of other flows apart", () => {
  const { own, others } = ofDocument([{ code: "a", message: "", path: "flows[0].document.nodes[1].actions[0].queue" }, { code: "b", message: "", path: "nodes[0]", flowId: "x" }]);
  expect([own[0]?.path, others.length]).toEqual(["nodes[1].actions[0].queue", 1]);
  const text = "nodes:\n  - id: a\n  - id: b\n    actions: [{ type: x, queue: Q }]\n";
  const at = (path: string) => text.slice(rangeOf(text, path).from, rangeOf(text, path).to);
  expect([at("nodes[1].actions[0].queue"), at("nodes[1].actions[0].other"), at("nodes[0].id.deep")]).toEqual(["Q", "{ type: x, queue: Q }", "a"]);
});

test("what can't be drawn is told with its place, as it stands there while one types", () => {
  const told = (nodes: unknown) => undrawable({ nodes } as never);
  expect(told([{ id: "a", actions: null, next: null }, { id: "b", actions: [{ type: "forEach", actions: [{}] }], next: [{ to: null }] }])).toBeUndefined();
  expect([told(undefined), told(null)]).toEqual([undefined, undefined]);
  expect(told("x")).toBe("`nodes` is not a list");
  expect(told([null])).toBe("`nodes[0]` is not a node");
  expect(told([{ id: "a" }, {}])).toBe("`nodes[1]` has no id");
  expect(told([{ id: "a", actions: [null] }])).toBe("`nodes[0].actions[0]` is not an action");
  expect(told([{ id: "a", actions: [{ actions: [5] }] }])).toBe("`nodes[0].actions[0].actions[0]` is not an action");
  expect(told([{ id: "a", next: { to: "b" } }])).toBe("`nodes[0].next` is not a list");
});

test("what somebody else changed is not undone with what I changed", () => {
  const mine = change(begin({ text: "a", positions: {}, epoch: 0 }), { text: "b" }, undefined, 0);
  // I had saved mine, and had changed nothing since: there is no step back to without theirs.
  const calm = takeIn(mine, "b theirs", 1, false);
  expect(undo(calm).now).toMatchObject({ text: "a", epoch: 0 });
  // What I was editing is a step back, and was not meant for theirs.
  expect(undo(takeIn(mine, "b theirs", 1, true)).now).toMatchObject({ text: "b", epoch: 0 });
});

test("a node that is given another id where it stands is known as the same, whatever else changes", () => {
  const flow = (...ids: string[]) => ({ nodes: ids.map((id) => ({ id })) });
  expect(renamedInPlace(flow("a", "b", "c"), flow("a", "x", "c"))).toEqual([{ from: "b", to: "x" }]);
  expect(renamedInPlace(flow("a", "b"), flow("x", "y"))).toEqual([{ from: "a", to: "x" }, { from: "b", to: "y" }]);
  for (const after of [flow("a", "b"), flow("b", "a"), flow("a"), flow("a", "b", "c"), flow("a", "a"), flow("c", "a")]) expect(renamedInPlace(flow("a", "b"), after)).toEqual([]);
});
