import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { FlowValue } from "../../edit/flow";
import { FlowForm } from "./FlowForm";

test("what the form has no field for stays, and what a draft can't change has none", async () => {
  const flow = { name: "F", type: "email", description: "d", nodes: [], trigger: { type: "email" } };
  const seen: FlowValue[] = [];
  render(<FlowForm flow={flow} onChange={(next) => seen.push(next)} />);
  await userEvent.click(screen.getByText("Add an input"));
  expect(seen.at(-1)).toEqual({ ...flow, inputs: [{}] });
  expect([screen.queryByLabelText(/^Name/), screen.queryByLabelText(/^Description/)]).toEqual([null, null]);
});
