import { expect, test } from "vitest";
import { valueOf } from "../../edit/edit";
import { brought } from "./writing";

const BASE = "name: F\nnodes:\n  # first\n  - id: a\n    actions: []\n";

test("comments of both are there where both have a new member in different places", () => {
  const mine = "name: F\nnodes:\n  # first\n  - id: a\n    # mine\n    name: A\n    actions: []\n";
  const theirs = "name: F\nnodes:\n  # first, theirs\n  - id: a\n    actions: []\n    name: A\n";
  const made = brought(BASE, mine, theirs, valueOf(mine));
  expect(valueOf(made?.text ?? "")).toEqual(valueOf(mine));
  expect(made?.text).toMatch(/# first, theirs[^]*# mine/);
});

test("where both changed a line, the one whose meaning is wanted stays", () => {
  const mine = BASE.replace("id: a", "id: b");
  expect(brought(BASE, BASE.replace("id: a", "id: a # theirs"), mine, valueOf(mine))).toEqual({ text: BASE.replace("  - id: a", "  # theirs\n  - id: b"), both: true });
});

test("comments on the version before are there although that says something else", () => {
  const mine = BASE.replace("name: F", "name: G");
  expect(brought(BASE, `# theirs\n${BASE}`, mine, valueOf(mine))).toEqual({ text: `# theirs\n${mine}`, both: true });
});
