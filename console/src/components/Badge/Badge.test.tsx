import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { DecisionBadge } from "./Badge";

test("a decision is told in a word or two", () => {
  const told = (decision: object | undefined) => {
    const { container, unmount } = render(<DecisionBadge decision={decision as never} />);
    const text = container.textContent;
    unmount();
    return text;
  };
  expect(told({ kind: "queue", priority: 0, queue: { id: "1", name: "Billing" } })).toBe("Billing");
  expect(told({ kind: "queue", priority: 0, queue: { id: "1" } })).toBe("a queue that is gone");
  expect(told({ kind: "forward", priority: 0, addresses: ["a@b.example", "c@d.example"] })).toBe("forward to a@b.example…");
  expect(told({ kind: "unrouted", priority: 0, error: {} })).toBe("failed");
  expect(told({ kind: "unrouted", priority: 0, error: {}, queue: { id: "1", name: "Support" } })).toBe("failed, in Support");
  expect(told(undefined)).toBe("undecided");
});
