import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { EditableCanvas } from "./EditableCanvas";

// What jsdom has not: sizes, and workers.
beforeAll(() => {
  vi.stubGlobal("ResizeObserver", class { observe() {} unobserve() {} disconnect() {} });
  vi.stubGlobal("Worker", class { addEventListener() {} removeEventListener() {} postMessage() {} });
  vi.stubGlobal("DOMMatrixReadOnly", class { m22 = 1; });
});
afterAll(() => vi.unstubAllGlobals());

const flow = { nodes: [{ id: "a", next: [{ to: "b" }] }, { id: "b", actions: [{ type: "return" }] }] };
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
