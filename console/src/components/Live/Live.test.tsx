import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Live } from "./Live";

test("it says whether it is on, and why it can't be", () => {
  const { rerender } = render(<Live on onChange={() => {}} />);
  expect(screen.getByRole("button", { pressed: true }).textContent).toBe("Live, every 3 s");
  rerender(<Live on={false} disabled why="older mail is shown" onChange={() => {}} />);
  expect(screen.getByRole("button", { pressed: false }).textContent).toBe("Paused: older mail is shown");
});
