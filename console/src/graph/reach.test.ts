import { expect, test } from "vitest";
import { related } from "./reach";

test("a change reaches all users, the nearest first, and circles end", () => {
  const edges = [["r", "a"], ["a", "b"], ["b", "q"], ["a", "q"], ["b", "a"], ["x", "y"]].map(([from, to]) => ({ from: from!, to: to! }));
  const { impact, uses } = related("q", edges);
  expect([...impact]).toEqual([["b", 1], ["a", 1], ["r", 2]]);
  expect([...uses]).toEqual([]);
  expect([...related("a", edges).uses]).toEqual([["b", 1], ["q", 1]]);
});
