import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import ExpressionField, { shownOf, typedOf } from "./ExpressionField";

test("text is text, and what reads as JSON is written so that it is told apart", () => {
  for (const value of ["plain", "${x}", "5", "true", 5, true, ["a"], { a: 1 }, "a \"quoted\" word"]) expect(typedOf(shownOf(value), true), JSON.stringify(value)).toEqual(value);
  expect(typedOf("5", false)).toBe("5");
  // What is typed letter by letter is never rewritten on the way.
  for (const typed of ["1.0", "1.05", "-", "0", "${a"]) expect(shownOf(typedOf(typed, true)), typed).toBe(typed);
});

test("it shows its value, and is called by its label", () => {
  const { container } = render(<ExpressionField path="q" label="Queue" value="Billing" onChange={() => {}} shape={{ kind: "expression", to: "queue" }} />);
  const content = container.querySelector(".code")?.shadowRoot?.querySelector(".cm-content");
  expect([content?.textContent, content?.getAttribute("aria-label")]).toEqual(["Billing", "Queue"]);
});
