import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { ACTIONS } from "../../api/language";
import type { ActionValue } from "../../edit/flow";
import { newAction } from "./ActionForm";
import { ActionList } from "./ActionList";

let now: ActionValue[] = [];
function Held({ actions }: { actions: ActionValue[] }) {
  const [value, setValue] = useState(actions);
  now = value;
  return <ActionList actions={value} path="nodes[0].actions" onChange={setValue} />;
}

test("actions are added, moved and taken away by keyboard", async () => {
  render(<Held actions={[{ type: "log", message: "a" }]} />);
  await userEvent.selectOptions(screen.getByLabelText("Action to add"), "setVariable");
  await userEvent.click(screen.getByText("Add action"));
  expect(now).toEqual([{ type: "log", message: "a" }, { type: "setVariable", name: "", value: "" }]);
  await userEvent.type(screen.getByRole("textbox", { name: /^Name/ }), "topic");
  expect(now[1]?.name).toBe("topic");
  screen.getByLabelText("Move setVariable topic up").focus();
  await userEvent.keyboard("{Enter}");
  expect(now.map((one) => one.type)).toEqual(["setVariable", "log"]);
  await userEvent.click(screen.getByLabelText("Remove log a"));
  expect(now).toHaveLength(1);
});

test("every action of the language has a form, and begins with what it needs", () => {
  expect(ACTIONS.length).toBeGreaterThan(20);
  for (const { type, shape } of ACTIONS) for (const field of shape.fields.filter((one) => one.required)) expect(newAction(type), type).toHaveProperty(field.name);
});

test("a member that is needed is needed however its name is spelled", () => {
  const needs = (type: string, name: string) => ACTIONS.find((one) => one.type === type)?.shape.fields.find((field) => field.name === name)?.required;
  expect([needs("callDataAction", "dataAction"), needs("runFlow", "flowId"), needs("lookupTable", "table")]).toEqual([true, false, true]);
});
