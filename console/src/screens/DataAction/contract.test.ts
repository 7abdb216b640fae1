import { expect, test } from "vitest";
import { members } from "./contract";

test("a contract's members are read from its schema", () => {
  const schema = { properties: { email: { type: "string", description: "whose" }, ids: { type: "array", items: { type: "integer" } }, any: {} }, required: ["email"] };
  expect(members(schema)).toEqual([
    { name: "email", type: "string", required: true, help: "whose" },
    { name: "ids", type: "list of integer", required: false, help: "" },
    { name: "any", type: "anything", required: false, help: "" },
  ]);
  expect(members("odd")).toEqual([]);
});
