import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { toast } from "./toast";
import Toasts from "./Toasts";

test("what was done is said", async () => {
  render(<Toasts />);
  toast("Webhook saved");
  expect((await screen.findAllByText("Webhook saved")).length).toBeGreaterThan(0);
});
