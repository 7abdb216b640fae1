import type { EditorView } from "@codemirror/view";
import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Code } from "./Code";

const none: never[] = [];
const textOf = (container: HTMLElement) => container.querySelector(".code")?.shadowRoot?.querySelector(".cm-content")?.textContent;

test("its text is the value's, and its styles are in a tree of its own", () => {
  const { container, rerender } = render(<Code value="a: 1" onChange={() => {}} label="YAML" extensions={none} />);
  expect(textOf(container)).toBe("a: 1");
  rerender(<Code value="a: 2" onChange={() => {}} label="YAML" extensions={none} />);
  expect(textOf(container)).toBe("a: 2");
  expect(document.head.querySelectorAll("style")).toHaveLength(0);
});

test("what comes back late takes nothing back that was typed meanwhile", async () => {
  const told: string[] = [];
  let view: EditorView | undefined;
  const field = (value: string) => <Code value={value} onChange={(text) => told.push(text)} label="x" extensions={none} onView={(made) => (view = made)} />;
  const { rerender } = render(field(""));
  const type = async (text: string, all: string) => {
    view?.dispatch({ changes: { from: view.state.doc.length, insert: text } });
    await expect.poll(() => told.at(-1)).toBe(all);
  };
  await type("a", "a");
  await type("b", "ab");
  rerender(field("a"));
  await type("c", "abc");
  rerender(field("ab"));
  rerender(field("abc"));
  expect([view?.state.doc.toString(), told]).toEqual(["abc", ["a", "ab", "abc"]]);
  // Undo elsewhere.
  rerender(field("a"));
  expect(view?.state.doc.toString()).toBe("a");
});

test("keys are told before the page goes away", () => {
  const told: string[] = [];
  let view: EditorView | undefined;
  render(<Code value="" onChange={(text) => told.push(text)} label="x" extensions={none} onView={(made) => (view = made)} />);
  for (const [event, text] of [["pagehide", "a"], ["visibilitychange", "ab"]] as const) {
    view?.dispatch({ changes: { from: view.state.doc.length, insert: text.slice(-1) } });
    (event === "pagehide" ? window : document).dispatchEvent(new Event(event));
    expect(told.at(-1)).toBe(text);
  }
});

test("keys are told after their paint, several as one, and at once when something else is to be done", async () => {
  const told: string[] = [];
  let view: EditorView | undefined;
  render(<Code value="" onChange={(text) => told.push(text)} label="x" extensions={none} onView={(made) => (view = made)} />);
  const type = (text: string) => view?.dispatch({ changes: { from: view.state.doc.length, insert: text } });
  type("a");
  type("b");
  expect(told).toEqual([]);
  await expect.poll(() => told).toEqual(["ab"]);
  type("c");
  view?.contentDOM.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true }));
  expect(told).toEqual(["ab", "abc"]);
});

test("what comes from elsewhere before a key was told is in the text beside it", async () => {
  const told: string[] = [];
  let view: EditorView | undefined;
  const field = (value: string) => <Code value={value} onChange={(text) => told.push(text)} label="x" extensions={none} onView={(made) => (view = made)} />;
  const { rerender } = render(field("a: 1\nb: 2\n"));
  view?.dispatch({ changes: { from: 4, insert: "0" } });
  rerender(field("a: 1\nb: 3\n"));
  view?.dispatch({ changes: { from: 5, insert: "0" } });
  expect([view?.state.doc.toString(), told]).toEqual(["a: 100\nb: 3\n", []]);
  await expect.poll(() => told).toEqual(["a: 100\nb: 3\n"]);
});

test("line breaks of another kind are no change, and stay when something else is typed", async () => {
  const told: string[] = [];
  let view: EditorView | undefined;
  const field = (value: string) => <Code value={value} onChange={(text) => told.push(text)} label="x" extensions={none} onView={(made) => (view = made)} />;
  const { rerender } = render(field("a: 1\r\nb: 2\r\n"));
  expect(view?.state.doc.toString()).toBe("a: 1\nb: 2\n");
  const type = async (at: number, insert: string, all: string) => {
    view?.dispatch({ changes: { from: at, insert } });
    await expect.poll(() => told.at(-1)).toBe(all);
    rerender(field(all));
  };
  await type(9, "0", "a: 1\r\nb: 20\r\n");
  await type(4, "\nc: 3", "a: 1\r\nc: 3\r\nb: 20\r\n");
  // A key that was not told yet when something came from elsewhere.
  view?.dispatch({ changes: { from: 4, insert: "5" } });
  rerender(field("a: 1\r\nc: 4\r\nb: 20\r\n"));
  await expect.poll(() => told.at(-1)).toBe("a: 15\r\nc: 4\r\nb: 20\r\n");
  expect(view?.state.doc.toString()).toBe("a: 15\nc: 4\nb: 20\n");
  // The same with breaks of another kind: what is typed next keeps those.
  rerender(field("a: 15\nc: 4\nb: 20\r\n"));
  await type(5, "0", "a: 150\nc: 4\nb: 20\r\n");
});

test("a field of one line takes no second one, and one that has two can be changed", () => {
  const made: EditorView[] = [];
  const field = (value: string) => render(<Code value={value} onChange={() => {}} label="x" extensions={none} oneLine onView={(view) => view && made.push(view)} />);
  field("a");
  made[0]?.dispatch({ changes: { from: 1, insert: "\n" } });
  expect(made[0]?.state.doc.toString()).toBe("a");
  field("a\nb");
  made[1]?.dispatch({ changes: { from: 3, insert: "c" } });
  expect(made[1]?.state.doc.toString()).toBe("a\nbc");
});
