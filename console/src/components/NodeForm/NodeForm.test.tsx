import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { type FlowValue, nodesOf } from "../../edit/flow";
import { NodeForm } from "./NodeForm";

let now: FlowValue = {};
function Held({ flow }: { flow: FlowValue }) {
  const [value, setValue] = useState(flow);
  now = value;
  const [node] = nodesOf(value);
  return node && <NodeForm flow={value} node={node} onChange={setValue} />;
}

test("a node is renamed wherever it is named, and an id that is taken is refused", async () => {
  render(<Held flow={{ nodes: [{ id: "a", next: [{ to: "b" }] }, { id: "b", next: [{ to: "a" }] }] }} />);
  const field = screen.getByLabelText("Id");
  await userEvent.clear(field);
  await userEvent.type(field, "b");
  await userEvent.tab();
  expect((field as HTMLInputElement).value).toBe("b");
  screen.getByText("Another node has this id.");
  await userEvent.type(field, "egin{Enter}");
  expect(now.nodes).toEqual([{ id: "begin", next: [{ to: "b" }] }, { id: "b", next: [{ to: "begin" }] }]);
});

test("an id that is not allowed is given up by Escape", async () => {
  render(<Held flow={{ nodes: [{ id: "a" }] }} />);
  const field = screen.getByLabelText<HTMLInputElement>("Id");
  await userEvent.type(field, " b{Enter}");
  screen.getByText(/An id begins with a letter/);
  await userEvent.type(field, "{Escape}");
  expect([field.value, now.nodes?.[0]?.id]).toEqual(["a", "a"]);
});

test("branches are added before the one that is always taken, and the last one taken away ends them", async () => {
  render(<Held flow={{ nodes: [{ id: "a", next: [{ to: "b" }] }, { id: "b" }] }} />);
  await userEvent.click(screen.getByText("Add branch"));
  expect(now.nodes?.[0]?.next).toEqual([{ when: "${false}", to: "b" }, { to: "b" }]);
  for (let times = 2; times > 0; times--) await userEvent.click(screen.getAllByLabelText("Remove the branch to b")[0]!);
  expect(now.nodes?.[0]).toEqual({ id: "a" });
});

test.each<[string, FlowValue, boolean]>([
  ["At the node that follows, b.", { nodes: [{ id: "a" }, { id: "b" }] }, true],
  ["Nowhere: the flow ends.", { nodes: [{ id: "a" }] }, false],
  ["The first branch that holds. If none does, the flow ends.", { nodes: [{ id: "a", next: [{ when: "${x}", to: "b" }] }, { id: "b" }] }, true],
  ["Nowhere: nothing follows transferToQueue.", { nodes: [{ id: "a", actions: [{ type: "transferToQueue" }] }, { id: "b" }] }, false],
  ["Nowhere: nothing follows disconnect. These branches are never taken.", { nodes: [{ id: "a", actions: [{ type: "log" }, { type: "disconnect" }], next: [{ to: "b" }] }, { id: "b" }] }, false],
])("where the run goes on is said: %s", (said, flow, adds) => {
  render(<Held flow={flow} />);
  screen.getByText(said);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Add branch" }).disabled).toBe(!adds);
});
