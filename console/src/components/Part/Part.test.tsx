import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Part, part } from "./Part";

test("a part that can't be fetched says so, beside what is there, and is fetched again", async () => {
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  let there = false;
  const Late = part<object>(() => (there ? Promise.resolve({ default: () => <p>It is here</p> }) : Promise.reject(new Error("no answer"))));
  render(
    <>
      <p>The rest</p>
      <Part>
        <Late />
      </Part>
    </>,
  );
  await screen.findByText(/can't be loaded/);
  expect(screen.getByText("The rest")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText(/can't be loaded/);
  there = true;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("It is here");
  quiet.mockRestore();
});

test("what else is shown is tried afresh", async () => {
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  const Broken = () => {
    throw new Error("it broke");
  };
  const { rerender } = render(<Part of="/one"><Broken /></Part>);
  await screen.findByText("it broke");
  rerender(<Part of="/other"><p>Another screen</p></Part>);
  await screen.findByText("Another screen");
  quiet.mockRestore();
});
