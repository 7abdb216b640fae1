import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { readRun } from "../../run/read";
import { StepList } from "./StepList";

const run = readRun({
  version: 1,
  events: [{ event: "flow", id: "A", name: "Router", version: 3 }, { event: "node", id: "a" }, { event: "decision", kind: "unrouted", priority: 0 }],
} as never);

function Stepping() {
  const [step, setStep] = useState(2);
  return <StepList run={run} step={step} onStep={setStep} />;
}

test("keys and clicks move the step, and stop at both ends", async () => {
  render(<Stepping />);
  const list = screen.getByRole("listbox");
  const current = () => screen.getByRole("option", { selected: true }).textContent;
  expect(current()).toBe("unrouted ");
  fireEvent.keyDown(list, { key: "j" });
  expect(current()).toBe("unrouted ");
  fireEvent.keyDown(list, { key: "ArrowUp" });
  expect(current()).toBe("a ");
  fireEvent.keyDown(list, { key: "Home" });
  expect(current()).toBe("Router version 3");
  await userEvent.click(screen.getByRole("button", { name: "Step forward" }));
  expect(current()).toBe("a ");
  await userEvent.click(screen.getByText("unrouted"));
  expect(screen.getByText("Step 3 of 3")).toBeDefined();
});

test("a run without steps points at none", () => {
  render(<StepList run={readRun({ version: 1, events: [] } as never)} step={-1} onStep={() => {}} />);
  expect(screen.getByRole("listbox").getAttribute("aria-activedescendant")).toBeNull();
});

test("a search finds steps, one after the other, and says how many there are", async () => {
  render(<Stepping />);
  fireEvent.keyDown(screen.getByRole("listbox"), { key: "/" });
  await userEvent.keyboard("A");
  expect(screen.getByRole("status").textContent).toBe("1 found");
  await userEvent.keyboard("{Enter}");
  expect(screen.getByRole("option", { selected: true }).textContent).toBe("a ");
  expect(screen.getByRole("status").textContent).toBe("1 of 1");
  await userEvent.keyboard("b");
  expect(screen.getByRole("status").textContent).toBe("none");
});
