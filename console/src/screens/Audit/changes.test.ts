import { expect, test } from "vitest";
import { changes, versionsOf } from "./changes";

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

test("a change that made a version leads to it", () => {
  const href = (entityKind: string, before: unknown, after: unknown) => versionsOf({ entityKind, entityId: "x", before, after })?.href;
  expect(href("flow", { newestVersion: 2 }, { newestVersion: 3 })).toBe("/flows/x/diff?from=2&to=3");
  expect(href("flow", undefined, { newestVersion: 1 })).toBeUndefined();
  expect(href("flow", { newestVersion: 3 }, { newestVersion: 3 })).toBeUndefined();
  expect(href("table", undefined, { version: 4, added: 2 })).toBe("/tables/x?version=4");
});
