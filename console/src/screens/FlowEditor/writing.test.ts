import { expect, test } from "vitest";
import { valueOf } from "../../edit/edit";
import { merge, type Side } from "../../edit/merge";
import { brought, withComments } from "./writing";

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
  expect(brought(BASE, BASE.replace("id: a", "id: a # theirs"), mine, valueOf(mine))).toEqual({ text: BASE.replace("  - id: a", "  # theirs\n  - id: b"), both: true, asWritten: true });
});

test("comments on the version before are there although that says something else", () => {
  const mine = BASE.replace("name: F", "name: G");
  expect(brought(BASE, `# theirs\n${BASE}`, mine, valueOf(mine))).toEqual({ text: `# theirs\n${mine}`, both: true, asWritten: true });
});

const ACTION = "      - { type: transferToQueue, queue: Billing } # money\n";
const FLOW = `name: F\nnodes:\n  - id: a\n    actions:\n${ACTION}      - { type: log, message: one }\n`;
const CHOSEN: [name: string, side: Side, mine: string, theirs: string, made: string][] = [
  ["mine stays as I wrote it", "mine", ACTION.replace("Billing", "'Mine'"), ACTION.replace("Billing }", "Theirs}"), ACTION.replace("Billing", "'Mine'")],
  ["theirs is as they wrote it", "theirs", ACTION.replace("Billing", "'Mine'"), ACTION.replace("Billing }", "Theirs}"), ACTION.replace("Billing }", "Theirs}")],
  ["mine in lines of its own", "mine", "      - type: transferToQueue # block\n        queue: Mine\n", ACTION.replace("Billing", "Theirs"), "      - type: transferToQueue # block\n        queue: Mine\n"],
  ["with what they say of it", "mine", ACTION.replace("Billing", "Mine"), ACTION.replace("Billing } # money", "Theirs } # rent"), `      # rent\n${ACTION.replace("Billing", "Mine")}`],
];
test.each(CHOSEN)("where both changed a line, what was chosen is as it was written: %s", (_, side, mine, theirs, made) => {
  const [own, other] = [mine, theirs].map((lines) => FLOW.replace(ACTION, lines));
  const both = merge(valueOf(FLOW) as never, valueOf(own ?? "") as never, valueOf(other ?? "") as never, () => side);
  expect(both.clashes.map((one) => one.path)).toEqual(["nodes[a].actions[0].queue"]);
  expect(withComments({ text: FLOW }, own ?? "", { written: { text: other ?? "" } } as never, both.flow)).toBe(FLOW.replace(ACTION, made));
});
