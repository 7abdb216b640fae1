import { expect, test } from "vitest";
import { changes } from "./changes";

test("what differs is told by its path", () => {
  expect(changes({ name: "a", hosts: ["x"], same: { a: 1 } }, { name: "b", hosts: ["x", "y"], same: { a: 1 } })).toEqual([
    { path: "name", before: "a", after: "b" },
    { path: "hosts[1]", before: undefined, after: "y" },
  ]);
  expect(changes(null, { on: true, list: [] })).toEqual([
    { path: "on", before: undefined, after: "true" },
    { path: "list", before: undefined, after: "[]" },
  ]);
  expect(changes(undefined, undefined)).toEqual([]);
});
