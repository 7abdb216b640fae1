import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { FlowValue } from "../../edit/flow";
import { EditableCanvas } from "./EditableCanvas";

// What jsdom has not: sizes, and workers.
beforeAll(() => {
  vi.stubGlobal("Worker", class { addEventListener() {} removeEventListener() {} postMessage() {} });
  vi.stubGlobal("DOMMatrixReadOnly", class { m22 = 1; });
});
afterAll(() => vi.unstubAllGlobals());

const flow = { nodes: [{ id: "a", next: [{ to: "b" }] }, { id: "b", next: [{ to: "gone" }] }] };
const positions = { a: { x: 0, y: 0 }, b: { x: 400, y: 0 } };

test("by keyboard: arrows go in space, and a node is added, connected, moved and taken away", async () => {
  const done: string[] = [];
  const tell = (what: string) => (...words: unknown[]) => void done.push([what, ...words.map((one) => (typeof one === "object" ? JSON.stringify(one) : one))].join(" "));
  render(
    <EditableCanvas flow={flow} positions={positions} selected="a" problems={new Map()} onMove={tell("move")} onSettle={tell("settle")} onSelect={tell("select")} onOpen={tell("open")} onConnect={tell("connect")} onAdd={tell("add")} onRemove={tell("remove")} />,
  );
  const node = (id: string) => document.querySelector<HTMLElement>(`.react-flow__node[data-id="flow/${id}"]`)!;
  node("a").focus();
  await userEvent.keyboard("{ArrowRight}");
  expect(document.activeElement).toBe(node("b"));
  screen.getByText("b, leads nowhere.");
  await userEvent.keyboard("c{ArrowLeft}{Enter}");
  await userEvent.keyboard("{Enter}a{Alt>}{ArrowDown}{/Alt}{Delete}");
  expect(done).toEqual(["select b", "connect b a", "open a", "add a", 'move {"a":{"x":0,"y":20},"b":{"x":400,"y":0}} move a', "remove a", "select b"]);
});

test("while the text can't be read nothing is changed, and it says so", async () => {
  const changes = vi.fn();
  render(<EditableCanvas held flow={flow} positions={positions} selected="a" problems={new Map()} onMove={() => {}} onSettle={() => {}} onSelect={() => {}} onOpen={() => {}} onConnect={changes} onAdd={changes} onRemove={changes} />);
  document.querySelector<HTMLElement>('.react-flow__node[data-id="flow/a"]')!.focus();
  await userEvent.keyboard("a{Delete}c");
  screen.getByText("Not possible while the YAML can't be read.");
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Add node" }).disabled).toBe(true);
  expect(changes).not.toHaveBeenCalled();
});

test("what would come of it unseen is said, or not done: a node that nothing leads to, what follows an end, a node that leads to itself", async () => {
  const done: string[] = [];
  const tell = (what: string) => (...words: unknown[]) => void done.push([what, ...words].join(" "));
  const ends = { nodes: [{ id: "a", next: [{ to: "b" }] }, { id: "b", actions: [{ type: "transferToQueue" }] }] };
  render(<EditableCanvas flow={ends} positions={positions} selected={undefined} problems={new Map()} onMove={() => {}} onSettle={() => {}} onSelect={() => {}} onOpen={() => {}} onConnect={tell("connect")} onAdd={tell("add")} onRemove={() => {}} />);
  const node = (id: string) => document.querySelector<HTMLElement>(`.react-flow__node[data-id="flow/${id}"]`)!;
  /** What is seen, and heard. */
  const said = () => [document.querySelector(".canvas-says")?.textContent, document.querySelector(".canvas [aria-live]")?.textContent];
  node("b").focus();
  await userEvent.keyboard("a");
  expect(said()).toEqual(Array(2).fill("A node was added. Nothing leads to it: transferToQueue ends b."));
  await userEvent.keyboard("c");
  expect(said()).toEqual(Array(2).fill("transferToQueue ends b: nothing follows it."));
  node("a").focus();
  await userEvent.keyboard("a");
  expect(said()).toEqual([undefined, "A node was added after a."]);
  await userEvent.keyboard("c{Enter}");
  expect(said()).toEqual(["Connecting a: choose another node.", "a would lead to itself: go to another node and press Enter. Escape cancels."]);
  await userEvent.keyboard("{Escape}");
  await userEvent.click(screen.getByRole("button", { name: "Add node" }));
  expect(said()[1]).toBe("A node was added. Nothing leads to it: transferToQueue ends b.");
  expect(done).toEqual(["add b", "add a", "add "]);
});

test("a node that is drawn long after it was added has the focus, unless somebody went elsewhere meanwhile", async () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
  const draw = (times: number) => {
    for (let frame = 0; frame < times; frame++) for (const one of frames.splice(0)) one(frame);
  };
  const canvas = (is: FlowValue, selected: string) => (
    <>
      <input aria-label="Elsewhere" />
      <EditableCanvas flow={is} positions={{ ...positions, c: { x: 800, y: 0 } }} selected={selected} problems={new Map()} onMove={() => {}} onSettle={() => {}} onSelect={() => {}} onOpen={() => {}} onConnect={() => {}} onAdd={() => {}} onRemove={() => {}} />
    </>
  );
  const node = (id: string) => document.querySelector<HTMLElement>(`.react-flow__node[data-id="flow/${id}"]`)!;
  const drawn = { nodes: [...flow.nodes, { id: "c" }] };
  for (const goes of [false, true]) {
    const { rerender, unmount } = render(canvas(flow, "a"));
    node("a").focus();
    await userEvent.keyboard("a");
    rerender(canvas(flow, "c"));
    draw(200);
    if (goes) screen.getByLabelText("Elsewhere").focus();
    rerender(canvas(drawn, "c"));
    draw(2);
    expect(document.activeElement).toBe(goes ? screen.getByLabelText("Elsewhere") : node("c"));
    unmount();
  }
});
