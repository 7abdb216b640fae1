import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { readRun } from "../../run/read";
import { Values } from "./Values";

test("what a step set is marked, and what the trace did not keep is said", () => {
  const run = readRun({
    version: 1,
    events: [
      { event: "flow", id: "A", name: "Router", version: 3 },
      { event: "set", target: "variable", name: "topic", value: "billing" },
      { event: "set", target: "priority", name: "priority" },
    ],
  } as never);
  const { rerender } = render(<Values run={run} step={0} />);
  expect(screen.getByText("Nothing is set yet.")).toBeDefined();
  rerender(<Values run={run} step={2} />);
  expect(screen.getByText("billing").closest("div")?.className).toBe("");
  expect(screen.getByText("not kept in the trace").closest("div")?.className).toBe("fresh");
});

test("a value that is higher than it is shown can be reached by keys", () => {
  vi.spyOn(HTMLElement.prototype, "scrollHeight", "get").mockImplementation(function (this: HTMLElement) {
    return this.textContent.length;
  });
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(90);
  const run = readRun({ version: 1, events: [{ event: "set", target: "variable", name: "long", value: "x".repeat(500) }, { event: "set", target: "variable", name: "short", value: "y" }] } as never);
  render(<Values run={run} step={1} />);
  expect(screen.getByText(/^"?x+"?$/).tabIndex).toBe(0);
  expect(screen.getByText(/^"?y"?$/).tabIndex).toBe(-1);
  vi.restoreAllMocks();
});
