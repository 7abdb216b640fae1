import { expect, test } from "vitest";
import { loopsAt, loopsOf } from "./loops";
import { readRun } from "./read";

const run = (...events: object[]) => readRun({ version: 1, events } as never);
const flow = { event: "flow", id: "A", name: "A", version: 1 };
const action = (type: string, name?: string) => ({ event: "action", index: 0, type, name });
const turn = (number: number) => ({ event: "turn", number });
const told = (path: ReturnType<typeof run>) => loopsOf(path).map((loop) => `${loop.title} ${loop.outer ? `in ${loop.outer.loop}.${loop.outer.turn} ` : ""}${loop.turns.map((one) => `${one.from}-${one.to}${one.failed ? "!" : ""}`).join(" ")}`);

test("turns, loops in loops, and loops without a turn", () => {
  const path = run(
    flow, { event: "node", id: "a" }, action("forEach", "Each order"),
    turn(0), action("while"), turn(0), turn(1), { event: "loopEnd", turns: 2 },
    turn(1), action("while"), { event: "loopEnd", turns: 0 },
    { event: "loopEnd", turns: 2 }, { event: "decision", kind: "unrouted", priority: 0 },
  );
  expect(told(path)).toEqual(["Each order 3-7 8-10", "while in 0.0 5-5 6-6"]);
  expect([4, 9].map((step) => loopsAt(loopsOf(path), step).length)).toEqual([2, 1]);
});

test("a jump ends all loops of the call, and an error marks the turns that it arose in", () => {
  const path = run(
    flow, { event: "node", id: "a" }, action("forEach"), turn(0), action("runFlow"),
    { event: "flow", id: "B", name: "B", version: 1 }, { event: "node", id: "x" }, action("while"), turn(0),
    { event: "error", error: {} }, { event: "leave" }, { event: "caught", by: "flow", to: "b" },
    { event: "node", id: "b" }, action("forEach"), turn(0), { event: "loopEnd", turns: 1 },
  );
  expect(told(path)).toEqual(["forEach 3-10!", "while 8-10!", "forEach 14-14"]);
});
