import { expect, test } from "vitest";
import { sameOnServer } from "./begin";
import { withSent } from "./unanswered";

const flow = (name: string) => ({ name: "F", nodes: [{ id: "a", name }] });
const names = (...sent: string[]) => sent.reduce<ReturnType<typeof withSent> | undefined>((before, name) => withSent(before, 2, flow(name)), undefined)?.documents.map((one) => one.nodes?.[0]?.name);

test("what is sent again is remembered once, and of many the first and the newest", () => {
  expect(names("a", "a", "b", "a")).toEqual(["a", "b"]);
  expect(names("a", "b", "c", "d", "e", "f")).toEqual(["a", "d", "e", "f"]);
});

test("what was meant for another version is decided by then", () => {
  expect(withSent(withSent(undefined, 2, flow("a")), 3, flow("b"))).toEqual({ version: 3, documents: [flow("b")] });
});

test("the server writes out what a text leaves out, and leaves out what is null: that is the same flow", () => {
  const sent = { name: "F", type: "email", nodes: [{ id: "a", actions: [{ type: "log", message: "x", level: null }] }, { id: "b" }] };
  const there = { name: "F", type: "email", inputs: [], conditionSet: { match: "all", conditions: [] }, nodes: [{ id: "a", actions: [{ type: "log", message: "x" }] }, { id: "b", actions: [] }], end: { disposition: "unrouted" } };
  expect(sameOnServer(sent, there)).toBe(true);
  expect(sameOnServer(sent, { ...there, nodes: there.nodes.slice(1) })).toBe(false);
});
