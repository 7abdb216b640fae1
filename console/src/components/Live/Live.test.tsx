import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { Live } from "./Live";

test("it says whether it is on, and why it can't be; the next view is not held", async () => {
  const { rerender, unmount } = render(<Live />);
  expect(screen.getByRole("button", { pressed: true }).textContent).toBe("Connecting…");
  await userEvent.click(screen.getByRole("button"));
  expect(screen.getByRole("button", { pressed: false }).textContent).toBe("Paused");
  rerender(<Live why="older mail is shown" />);
  expect(screen.getByRole("button", { pressed: false }).textContent).toBe("Paused: older mail is shown");
  unmount();
  render(<Live />);
  expect(screen.getByRole("button", { pressed: true })).toBeDefined();
});
