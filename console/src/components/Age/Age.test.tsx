import { expect, test } from "vitest";
import { age } from "./Age";

test("ages are told in the largest unit", () => {
  expect([0, 59, 60, 3599, 3600, 86_400 * 3].map((seconds) => age(seconds * 1000))).toEqual([
    "just now",
    "59 s ago",
    "1 min ago",
    "59 min ago",
    "1 h ago",
    "3 d ago",
  ]);
  // Clocks differ.
  expect(age(-4000)).toBe("just now");
  expect(age(4000, "")).toBe("4 s");
});
