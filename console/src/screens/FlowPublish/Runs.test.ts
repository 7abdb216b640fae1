import { expect, test } from "vitest";
import { said } from "./Runs";

const SAID: [decision: unknown, said: string][] = [
  [undefined, "nothing"],
  [{ kind: "queue", queue: { name: "Reception" }, priority: 7 }, "queue Reception priority 7"],
  [{ kind: "queue", queue: "Reception", skills: ["tax", { name: "law" }], language: { name: "pt" } }, "queue Reception skills tax, law language pt"],
  [{ kind: "disconnect", reason: "spam" }, "disconnect spam"],
];
test.each(SAID)("a decision in words: %j", (decision, words) => {
  expect(said(decision)).toBe(words);
});
