import { expect, test } from "vitest";
import { rowsOf, type Order, type Which } from "./rows";

const flow = (id: string, published: number | undefined, saved: number) =>
  ({ id, name: id, dateModified: `2026-01-0${saved}T00:00:00Z`, publishedVersion: published ? { version: published } : null, savedVersion: { version: saved } }) as never;
const flows = [flow("b", 1, 1), flow("a", 1, 2), flow("c", undefined, 3)];
const health = [{ id: "b", runs: 9, failed: 0 }, { id: "a", runs: 3, failed: 2 }] as never;
const told = (which: Which = "all", order: Order = "name", name = "") => rowsOf(flows, health, { name, which, order }).map((row) => row.flow.name).join("");

test("flows are chosen and put in order", () => {
  expect([told(), told("errors"), told("drafts"), told("all", "runs"), told("all", "failed"), told("all", "changed"), told("all", "name", "B")]).toEqual(["abc", "a", "ac", "bac", "abc", "cab", "b"]);
  expect(told("all", "nonsense" as Order)).toBe("abc");
});
