import { expect, test } from "vitest";
import { describe as told, shown } from "./describe";

test("events are told in words", () => {
  const cases: [object, string][] = [
    [{ event: "branch", failed: [], index: 0, when: "${ topic == 'x' }", to: "x" }, "→ x | topic == 'x'"],
    [{ event: "branch", failed: ["${a}"] }, "no branch holds: the flow ends | a"],
    [{ event: "decision", kind: "queue", queue: { id: "1", name: "Billing" }, priority: 10 }, "queue Billing, priority 10"],
    [{ event: "decision", kind: "disconnect", priority: 0, reason: "spam" }, "disconnect: spam"],
    [{ event: "something new" }, "something new"],
  ];
  for (const [event, text] of cases) {
    const { title, detail } = told(event as never);
    expect([title, detail].filter(Boolean).join(" | ")).toBe(text);
  }
});

test("clipped values say how long they are", () => {
  expect(shown({ $clipped: "Dear", $length: 70431 })).toBe("Dear… (70,431 characters)");
  expect(shown(undefined)).toBe("");
  expect(shown([1, "a"])).toBe('[1,"a"]');
});

test("a flow that is tried as it is edited is of no version", () => {
  const flow = (version: number) => told({ event: "flow", id: "f", name: "Router", version } as never).detail;
  expect([flow(0), flow(3)]).toEqual(["as edited", "version 3"]);
});
