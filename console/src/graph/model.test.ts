import { expect, test } from "vitest";
import { END, modelOf } from "./model";

const edges = (nodes: unknown[]) =>
  modelOf({ nodes } as never).edges.map((edge) => `${edge.from} -${edge.kind}${edge.label ? ` ${edge.label}` : ""}-> ${edge.to}`);

test("branches, falling through, and the end", () => {
  expect(
    edges([
      { id: "a", actions: [], next: [{ when: "${x}", to: "c" }, { to: "b" }] },
      { id: "b", actions: [{ type: "log", message: "m" }] },
      { id: "c", actions: [{ type: "transferToQueue", queue: "Q" }] },
      { id: "d", actions: [], next: [{ when: "${y}", to: "a" }] },
      { id: "e", actions: [] },
    ]),
  ).toEqual([
    "a -branch x-> c",
    "a -branch otherwise-> b",
    "b -next-> c",
    "d -branch y-> a",
    `d -end otherwise-> ${END}`,
    `e -end-> ${END}`,
  ]);
});

test("jumps of actions, those in loops included", () => {
  expect(
    edges([
      {
        id: "a",
        actions: [
          { type: "lookupTable", table: "T", notFound: { to: "b" } },
          { type: "forEach", items: "${l}", as: "i", actions: [{ type: "runFlow", flow: "F", onError: { to: "c" } }] },
        ],
      },
      { id: "b", actions: [{ type: "callDataAction", dataAction: "D", failure: { to: "a" }, timedOut: { to: "c" } }, { type: "return" }] },
      { id: "c", actions: [{ type: "return" }] },
    ]),
  ).toEqual(["a -jump notFound-> b", "a -jump onError-> c", "a -next-> b", "b -jump failure-> a", "b -jump timedOut-> c"]);
});

test("an action says what it is about", () => {
  const model = modelOf({
    nodes: [{ id: "a", name: "Ask", actions: [{ type: "setAttributes", attributes: { topic: "x" } }, { type: "runFlow", flow: "F" }] }],
  } as never);
  expect(model.nodes[0]).toEqual({
    id: "a",
    title: "Ask",
    actions: [{ type: "setAttributes", about: "topic", path: "actions[0]" }, { type: "runFlow", about: "F", path: "actions[1]" }],
  });
});

test("conditions and names that are no text are drawn all the same", () => {
  expect(edges([{ id: "a", actions: [], next: [{ when: true, to: "b" }] }, { id: "b", name: { x: 1 }, actions: [{ type: "return" }] }])).toEqual(["a -branch true-> b", `a -end otherwise-> ${END}`]);
});
