import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

// A picture needs a canvas, which this DOM has not: the browser's test looks at it.
vi.mock("./Drawing", () => ({ Drawing: () => null }));
const { Plot } = await import("./Plot");

const noon = Date.UTC(2026, 0, 1, 12);

test("a plot says in words what it shows, and its table leads to each time that has a value", async () => {
  render(
    <Plot
      title="Mail"
      kind="bars"
      at={[noon, noon + 60_000]}
      each={60_000}
      series={[{ name: "accepted", tone: 1, values: [0, 1200], href: "/interactions" }]}
      hrefOf={(from, until) => `/at/${from - noon}-${until - noon}`}
      empty="No mail."
    />,
  );
  expect(screen.getByRole("img").getAttribute("aria-label")).toMatch(/^Mail, from .* to .*: accepted 1,200, at most 1,200$/);
  expect(screen.getByRole("link").textContent).toBe("accepted 1,200");
  await userEvent.click(screen.getByRole("button", { name: "Table" }));
  expect(screen.getAllByRole("row")).toHaveLength(2);
  expect(screen.getAllByRole("link").at(-1)?.getAttribute("href")).toBe("/at/60000-120000");
});

test("where all is zero there is a sentence instead", () => {
  render(<Plot title="Mail" kind="bars" at={[noon]} each={60_000} series={[{ name: "accepted", tone: 1, values: [0] }]} empty="No mail in this time." />);
  expect(screen.getByText("No mail in this time.")).toBeDefined();
});
