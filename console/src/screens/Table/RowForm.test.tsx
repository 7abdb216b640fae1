import { expect, test } from "vitest";
import { cell } from "../../components/Form/Columns";
import { rowShape } from "./RowForm";

test("a row's form has the table's columns, each with its type", () => {
  const schema = { properties: { key: { type: "string" }, tier: { dataType: "string", default: "basic" }, seats: { type: "integer" }, at: { type: "string", format: "date-time" }, topics: { dataType: "list<string>" } } };
  expect(rowShape(schema).fields.map(({ name, help, shape }) => [name, help, shape.kind])).toEqual([
    ["tier", 'string; "basic" if left out', "text"],
    ["seats", "integer", "number"],
    ["at", "datetime", "text"],
    ["topics", "list<string>", "list"],
  ]);
});

test("a default is typed as its column has it", () => {
  expect([cell("7", "integer"), cell("7", "string"), cell("", "string"), cell('["a"]', "list<string>"), cell("seven", "integer")]).toEqual([7, "7", undefined, ["a"], "seven"]);
});
