import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { Confirm } from "./Confirm";

test("nothing is done unasked, and a refusal stays in sight", async () => {
  let [asked, fails] = [0, true];
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Confirm
        label="Delete"
        title="Delete it?"
        action="Delete it"
        run={async () => {
          asked++;
          if (fails) throw new Error("It is in use.");
        }}
      >
        It is gone then.
      </Confirm>
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  expect(screen.getByRole("alertdialog", { name: "Delete it?" }).textContent).toContain("It is gone then.");
  expect(asked).toBe(0);
  await userEvent.click(screen.getByRole("button", { name: "Delete it" }));
  expect((await screen.findByRole("alert")).textContent).toBe("It is in use.");
  fails = false;
  await userEvent.click(screen.getByRole("button", { name: "Delete it" }));
  await expect.poll(() => screen.queryByRole("alertdialog")).toBeNull();
  expect(asked).toBe(2);
});
