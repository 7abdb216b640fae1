import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { Once } from "./Once";

test("a secret is in the page until it is closed", async () => {
  let closed = false;
  const { rerender } = render(<Once secret="whsec_abc" of="CRM" onClose={() => (closed = true)} />);
  expect(screen.getByText("whsec_abc")).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Done" }));
  expect(closed).toBe(true);
  rerender(<Once secret={undefined} of="CRM" onClose={() => {}} />);
  expect(screen.queryByText("whsec_abc")).toBeNull();
});
