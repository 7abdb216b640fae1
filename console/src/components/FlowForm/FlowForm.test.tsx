import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { FlowValue } from "../../edit/flow";
import { FlowForm } from "./FlowForm";

test("what the form has no field for stays", async () => {
  const seen: FlowValue[] = [];
  render(<FlowForm flow={{ name: "F", type: "email", nodes: [], trigger: { type: "email" } }} onChange={(flow) => seen.push(flow)} />);
  await userEvent.type(screen.getByLabelText(/^Description/), "x");
  expect(seen.at(-1)).toEqual({ name: "F", type: "email", nodes: [], trigger: { type: "email" }, description: "x" });
});
