import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { alike, Differences, groupsOf, Tally, written } from "./Differences";

const found = [
  { path: "nodes[ask].actions[0].flow", change: "changed", before: "F", after: "G" },
  { path: "inputs[text]", change: "added", after: { name: "text", dataType: "string" } },
  { path: "nodes[ask].next[0].when", change: "changed", before: "${x == 1}", after: "${x == 12}" },
  { path: "nodes[old]", change: "removed", before: { id: "old" } },
];

test("differences go by their node, the flow's own first", async () => {
  const onPick = vi.fn();
  const groups = groupsOf(found, (node) => node.toUpperCase());
  expect(groups.map((group) => `${group.title} ${group.differences.length}`)).toEqual(["The flow itself 1", "ASK 2", "OLD 1"]);
  render(<Differences groups={groups} picked={0} onPick={onPick} />);
  await userEvent.click(screen.getByRole("button", { name: "ASK 2" }));
  expect(onPick).toHaveBeenCalledWith(1);
  expect(screen.getByText("12").closest("ins")?.textContent).toBe("x == 12");
});

test("what is the same around a change is not marked, and words are marked whole", () => {
  expect(alike("x == 1", "x == 12")).toEqual([5, 0]);
  expect(alike("topic == 'a'", "topic == 'b'")).toEqual([10, 1]);
  expect(alike("same", "same")).toEqual([4, 0]);
});

test("values are told as people write them", () => {
  expect([written("${ a }"), written(3), written(undefined), written({ name: "text", list: [1, { a: true, b: 2 }] })]).toEqual(["a", "3", "", "name: text\nlist:\n  - 1\n  - a: true\n    b: 2"]);
});

test("changes are counted in words", () => {
  const { container } = render(<Tally differences={found} />);
  expect(container.textContent).toBe("+ 1 added − 1 removed ~ 2 changed");
});
