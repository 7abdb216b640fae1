import { expect, test } from "vitest";
import { shapeOf } from "./MapCanvas";

test("many uses of one object by another are one edge, and edges to what is withheld are none", () => {
  const nodes = ["a", "b"].map((key) => ({ key, kind: "flow", name: key }));
  const edges = [["a", "b"], ["a", "b"], ["a", "a"], ["a", "withheld"]].map(([from, to]) => ({ from: from!, to: to!, kind: "runFlow" }));
  expect(shapeOf({ nodes, edges }).edges).toEqual([{ from: "a", to: "b" }]);
});
