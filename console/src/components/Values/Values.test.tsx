import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
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
