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

test("a change is as small as it can be", () => {
  expect(difference("abcd", "axd")).toEqual({ from: 1, to: 3, insert: "x" });
  expect(difference("aa", "aaa")).toEqual({ from: 2, to: 2, insert: "a" });
  expect(difference("a", "a")).toBeUndefined();
});
