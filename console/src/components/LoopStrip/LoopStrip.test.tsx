import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import type { Loop } from "../../run/loops";
import { LoopStrip } from "./LoopStrip";

const loop = (turns: number): Loop => ({ title: "Each order", node: "a", turns: Array.from({ length: turns }, (_, number) => ({ number, from: 10 + number * 2, to: 11 + number * 2, failed: number === 2 })) });

function Stepping({ turns }: { turns: number }) {
  const [step, setStep] = useState(0);
  return (
    <>
      <output>{step}</output>
      <LoopStrip loops={[loop(turns)]} step={step} onStep={setStep} />
    </>
  );
}

test("a cell leads to the first step of its turn, by click and by arrows", async () => {
  render(<Stepping turns={3} />);
  expect(screen.getByText("in a, 3 turns")).toBeDefined();
  await userEvent.click(screen.getByRole("option", { name: "turn 3, an error arose" }));
  expect(screen.getByRole("status").textContent).toBe("14");
  fireEvent.keyDown(screen.getByRole("listbox"), { key: "ArrowLeft" });
  expect(screen.getByRole("status").textContent).toBe("12");
  expect(screen.getByText("in a, turn 2 of 3")).toBeDefined();
});

test("of a long loop the turns around the one that is looked at are drawn", () => {
  render(<Stepping turns={5000} />);
  expect(screen.getAllByRole("option")).toHaveLength(240);
  fireEvent.keyDown(screen.getByRole("listbox"), { key: "End" });
  expect(screen.getByRole("option", { selected: true }).getAttribute("aria-label")).toBe("turn 5000");
  expect(screen.getAllByRole("option")).toHaveLength(240);
});
