import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { ApiError } from "../../api/client";
import { Refusal } from "./Refusal";

test("what uses a thing is named, and linked to", () => {
  const problems = [
    { code: "in.use", message: "the flow uses it", entityKind: "flow", entityId: "f", entityName: "Router" },
    { code: "in.use", message: "the route leads to it", entityKind: "route", entityId: "r", entityName: "care@example.com" },
  ];
  render(<Refusal error={new ApiError(409, "in.use", "It is in use.", undefined, undefined, problems as never)} />);
  expect(screen.getByRole("link", { name: "Router" }).getAttribute("href")).toBe("/flows/f");
  expect(screen.getByRole("link", { name: "care@example.com" }).getAttribute("href")).toBe("/domains/example.com/routes/r");
});

test("a flow that uses a thing twice is named once", () => {
  const problems = [0, 1].map((node) => ({ code: "in.use", message: "the flow uses it", path: `nodes[${node}]`, entityKind: "flow", entityId: "f", entityName: "Router" }));
  render(<Refusal error={new ApiError(409, "in.use", "It is in use.", undefined, undefined, problems as never)} />);
  expect(screen.getAllByRole("link")).toHaveLength(1);
});

test("one problem is said once", () => {
  const { container } = render(<Refusal error={new ApiError(409, "c", "It is there.", undefined, undefined, [{ code: "c", message: "It is there." }] as never)} />);
  expect(container.textContent).toBe("It is there.");
});

test("one problem whose message says what is expected is said once", () => {
  const message = "expected a number";
  const { container } = render(<Refusal error={new ApiError(400, "c", message, undefined, undefined, [{ code: "c", message, expected: "a number" }] as never)} />);
  expect(container.textContent).toBe(message);
  expect(screen.queryByRole("listitem")).toBeNull();
});

test("one problem is listed with what is expected beyond its message", () => {
  const message = "`x` is not a number";
  render(<Refusal error={new ApiError(400, "c", message, undefined, undefined, [{ code: "c", message, expected: "a number" }] as never)} />);
  expect(screen.getByRole("listitem").textContent?.trim()).toBe("expected a number");
});

test("who has a name already is linked to, and the message is said once", () => {
  const message = "a flow named `Router` exists already";
  const problem = { code: "exists", message, suggestion: "choose another name", entityKind: "flow", entityId: "f", entityName: "Router" };
  const { container } = render(<Refusal error={new ApiError(409, "c", message, undefined, undefined, [problem] as never)} />);
  expect(container.textContent).toBe("a flow named Router exists alreadyflow Router choose another name");
  expect(screen.getByRole("link", { name: "Router" }).getAttribute("href")).toBe("/flows/f");
});
