import type { EditorView } from "@codemirror/view";
import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Code, difference } from "./Code";

const none: never[] = [];
const textOf = (container: HTMLElement) => container.querySelector(".code")?.shadowRoot?.querySelector(".cm-content")?.textContent;

test("its text is the value's, and its styles are in a tree of its own", () => {
  const { container, rerender } = render(<Code value="a: 1" onChange={() => {}} label="YAML" extensions={none} />);
  expect(textOf(container)).toBe("a: 1");
  rerender(<Code value="a: 2" onChange={() => {}} label="YAML" extensions={none} />);
  expect(textOf(container)).toBe("a: 2");
  expect(document.head.querySelectorAll("style")).toHaveLength(0);
});

test("what comes back late takes nothing back that was typed meanwhile", () => {
  const told: string[] = [];
  let view: EditorView | undefined;
  const field = (value: string) => <Code value={value} onChange={(text) => told.push(text)} label="x" extensions={none} onView={(made) => (view = made)} />;
  const { rerender } = render(field(""));
  const type = (text: string) => view?.dispatch({ changes: { from: view.state.doc.length, insert: text } });
  type("a");
  type("b");
  rerender(field("a"));
  type("c");
  rerender(field("ab"));
  rerender(field("abc"));
  expect([view?.state.doc.toString(), told]).toEqual(["abc", ["a", "ab", "abc"]]);
  // Undo elsewhere.
  rerender(field("a"));
  expect(view?.state.doc.toString()).toBe("a");
});

test("line breaks of another kind are no change", () => {
  let view: EditorView | undefined;
  render(<Code value={"a: 1\r\nb: 2\r\n"} onChange={() => {}} label="x" extensions={none} onView={(made) => (view = made)} />);
  expect(view?.state.doc.toString()).toBe("a: 1\nb: 2\n");
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

test("a change is as small as it can be", () => {
  expect(difference("abcd", "axd")).toEqual({ from: 1, to: 3, insert: "x" });
  expect(difference("aa", "aaa")).toEqual({ from: 2, to: 2, insert: "a" });
  expect(difference("a", "a")).toBeUndefined();
});
