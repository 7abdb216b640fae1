// @vitest-environment node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answersLike, askedOf, FAILURES, givenOf, textsIn } from "./answers";
import { callsOf } from "./calls";

const ANSWERS = { Find: { kind: "success", output: { tier: "gold", names: ["Ana"] } }, Bill: { kind: "failure", error: { code: "status", message: "no Ana", status: 503 } }, Ship: { kind: "timeout" } } as const;
const GIVEN = [
  { dataAction: "Bill", error: { code: "status", message: "no Ana", status: 503 } },
  { dataAction: "Find", output: { tier: "gold", names: ["Ana"] } },
  { dataAction: "Ship", timeout: true },
];

test("answers are given as tests write them", () => {
  expect(givenOf(ANSWERS as never)).toEqual(GIVEN);
});

test("an answer that the run did not ask for is no part of its case", () => {
  expect(askedOf(GIVEN, ["table `Find`", "data action `Find`"]).map((one) => one.dataAction)).toEqual(["Bill", "Ship"]);
});

test("what people are called is replaced in what is answered, not in codes and names", () => {
  expect(answersLike(GIVEN, (text) => text.replace(/Ana|Bill|Find|status/g, "Alex"))).toEqual([
    { dataAction: "Bill", error: { code: "status", message: "no Alex", status: 503 } },
    { dataAction: "Find", output: { tier: "gold", names: ["Alex"] } },
    { dataAction: "Ship", timeout: true },
  ]);
  expect(textsIn(GIVEN.map((one) => one.output ?? one.error))).toEqual(["status", "no Ana", "gold", "Ana"]);
});

test("what a flow calls is found in its loops, too", () => {
  const action = { type: "callDataAction", dataAction: "Find" };
  const flow = { nodes: [{ id: "a", actions: [{ type: "forEach", actions: [action, { type: "runFlow", flow: "Shared" }] }, action] }, { id: "b", actions: [{ type: "transferToFlow", flowId: "7" }] }] };
  expect(callsOf(flow)).toEqual({ dataActions: ["Find"], flows: ["Shared", "7"] });
});

test("calls fail with the codes that the server knows", () => {
  const source = readFileSync(join(import.meta.dirname, "../../../crates/app/src/mail/given/calls.rs"), "utf8");
  const [, list = ""] = /const FAILURE_CODES: \[&str; \d+\] = \[([^\]]*)\]/.exec(source) ?? [];
  const codes = list.replace("NOT_REACHED", '"unreachable"').match(/"(\w+)"/g)?.map((one) => one.slice(1, -1));
  expect(FAILURES.map((one) => one.value)).toEqual(codes);
});
