import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FLOW_TYPES, flowTypeOf, isShared } from "./flowTypes";

const { components } = JSON.parse(readFileSync("../docs/openapi.json", "utf8")) as { components: { schemas: { FlowDocument: { properties: { type: { anyOf: { enum?: string[] }[] } } } } } };
const words = components.schemas.FlowDocument.properties.type.anyOf.flatMap((one) => one.enum ?? []);

test("each type that the API takes is one that people can choose, by either of its words", () => {
  expect(FLOW_TYPES.flatMap(({ type, also }) => [type, also]).sort()).toEqual([...words].sort());
  expect(words.map((word) => [word, flowTypeOf(word)?.type, isShared({ type: word.toLowerCase() })])).toEqual([
    ["email", "email", false],
    ["shared", "shared", true],
    ["INBOUNDEMAIL", "email", false],
    ["COMMONMODULE", "shared", true],
  ]);
  expect(flowTypeOf("voice")).toBeUndefined();
});
