import { expect, test } from "vitest";
import { readRun, valuesAt } from "./read";

const trace = {
  version: 1,
  events: [
    { event: "flow", id: "A", name: "Router", version: 3 },
    { event: "node", id: "ask" },
    { event: "action", index: 0, type: "runFlow" },
    { event: "input", name: "text", source: "${x}", value: "hello" },
    { event: "flow", id: "B", name: "Classifier", version: 7 },
    { event: "node", id: "look" },
    { event: "action", index: 0, type: "setOutput" },
    { event: "set", target: "output", name: "topic", value: "billing" },
    { event: "leave" },
    { event: "output", name: "topic", source: "${output.topic}", value: "billing" },
    { event: "branch", failed: ["${topic == 'x'}"], index: 1, when: "${topic == 'billing'}", to: "billing" },
    { event: "node", id: "billing" },
    { event: "error", error: { code: "run.division", message: "m", flowId: "A", flowName: "Router", version: 3 } },
    { event: "caught", by: "flow", to: "general" },
    { event: "node", id: "general" },
    { event: "decision", kind: "queue", priority: 0 },
  ],
} as never;

test("a call is entered from its caller's node, and left to it", () => {
  const path = readRun(trace);
  expect(path.entered).toEqual([
    { key: "A@3", flowId: "A", name: "Router", version: 3 },
    { key: "B@7", flowId: "B", name: "Classifier", version: 7, caller: { sheet: "A@3", node: "ask" } },
  ]);
  expect(path.steps.map((step) => `${step.depth} ${step.sheet} ${step.node ?? "-"} ${step.action ?? "-"} ${step.event.event}`)).toEqual([
    "0 A@3 - - flow",
    "0 A@3 ask - node",
    "0 A@3 ask actions[0] action",
    "0 A@3 ask actions[0] input",
    "1 B@7 - - flow",
    "1 B@7 look - node",
    "1 B@7 look actions[0] action",
    "1 B@7 look actions[0] set",
    "1 B@7 look actions[0] leave",
    "0 A@3 ask actions[0] output",
    "0 A@3 ask - branch",
    "0 A@3 billing - node",
    "0 A@3 billing - error",
    "0 A@3 billing - caught",
    "0 A@3 general - node",
    "0 A@3 general - decision",
  ]);
});

test("what a node waited for is added up", () => {
  const call = (tookMs?: number) => ({ event: "lookup", kind: "callDataAction", request: {}, tookMs, answer: {} });
  const { waited } = readRun({ version: 1, events: [{ event: "flow", id: "A", name: "R", version: 1 }, { event: "node", id: "a" }, call(120), call(80), { event: "node", id: "b" }, call()] } as never);
  expect([...waited]).toEqual([["A@1/a", 200]]);
});

test("edges are taken or refused, and a fall-through is no branch", () => {
  const path = readRun(trace);
  // `look` was left by walking off its end; `general` too, where the decision was made.
  expect([...path.taken.keys()]).toEqual(["B@7/look:end", "A@3/ask:branch:1", "A@3/billing:jump:general", "A@3/general:end"]);
  expect([...path.refused]).toEqual(["A@3/ask:branch:0"]);
  expect([...path.failed]).toEqual(["A@3/billing"]);
  const plain = readRun({ version: 1, events: [{ event: "flow", id: "A", name: "R", version: 1 }, { event: "node", id: "a" }, { event: "node", id: "b" }] } as never);
  expect([...plain.taken.keys()]).toEqual(["A@1/a:next"]);
});

test("variables are the call's own", () => {
  const path = readRun(trace);
  const told = (step: number) => valuesAt(path, step).map((one) => `${one.scope} ${one.name}=${String(one.value)}`);
  expect(told(7)).toEqual(["input text=hello", "output topic=billing"]);
  expect(told(15)).toEqual(["variable topic=billing"]);
});

test("within loops, actions are known by where they are", () => {
  const action = (index: number) => ({ event: "action", index, type: "log" });
  const turn = (number: number) => ({ event: "turn", number });
  const path = readRun({
    version: 1,
    events: [
      { event: "flow", id: "A", name: "R", version: 1 }, { event: "node", id: "a" },
      action(1), turn(0), action(0), action(1), turn(0), action(0), { event: "loopEnd", turns: 1 }, turn(1), action(0), { event: "loopEnd", turns: 2 }, action(2),
    ],
  } as never);
  expect(path.steps.slice(2).map((step) => `${step.loops} ${step.action?.replaceAll("actions", "")}`)).toEqual([
    "0 [1]", "1 [1]", "1 [1].[0]", "1 [1].[1]", "2 [1].[1]", "2 [1].[1].[0]", "1 [1].[1]", "1 [1]", "1 [1].[0]", "0 [1]", "0 [2]",
  ]);
});
