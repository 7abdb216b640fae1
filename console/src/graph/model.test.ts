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
          { type: "lookupTable", table: "T", notFound: "b" },
          { type: "forEach", items: "${l}", as: "i", actions: [{ type: "runFlow", flow: "F", onError: { to: "b" } }] },
        ],
      },
      { id: "b", actions: [{ type: "return" }] },
    ]),
  ).toEqual(["a -jump notFound-> b", "a -next-> b"]);
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
