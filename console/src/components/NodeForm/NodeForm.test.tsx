import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { type FlowValue, nodesOf } from "../../edit/flow";
import { NodeForm } from "./NodeForm";

let now: FlowValue = {};
function Held({ flow }: { flow: FlowValue }) {
  const [value, setValue] = useState(flow);
  const [id, setId] = useState("a");
  now = value;
  const node = nodesOf(value).find((one) => one.id === id);
  return node && <NodeForm flow={value} node={node} onChange={(next, _, selected) => (setValue(next), selected && setId(selected))} />;
}

test("a node is renamed wherever it is named, and an id that is taken is refused", async () => {
  render(<Held flow={{ nodes: [{ id: "a", next: [{ to: "b" }] }, { id: "b", next: [{ to: "a" }] }] }} />);
  const field = screen.getByLabelText("Id");
  await userEvent.clear(field);
  await userEvent.type(field, "b");
  screen.getByText("Another node has this id.");
  await userEvent.type(field, "egin{Enter}");
  expect(now.nodes).toEqual([{ id: "begin", next: [{ to: "b" }] }, { id: "b", next: [{ to: "begin" }] }]);
});

test("branches are added before the one that is always taken, and the last one taken away ends them", async () => {
  render(<Held flow={{ nodes: [{ id: "a", next: [{ to: "b" }] }, { id: "b" }] }} />);
  await userEvent.click(screen.getByText("Add branch"));
  expect(now.nodes?.[0]?.next).toEqual([{ when: "${false}", to: "b" }, { to: "b" }]);
  for (let times = 2; times > 0; times--) await userEvent.click(screen.getAllByLabelText("Remove the branch to b")[0]!);
  expect(now.nodes?.[0]).toEqual({ id: "a" });
});
