import { expect, test } from "vitest";
import { undraftedIn, withOwn } from "./own";

const OWN = { name: "Reception", type: "email", description: "new", deprecated: undefined };

test("a flow is called what the server calls it, unless somebody typed otherwise", () => {
  const text = { name: "Front desk", type: "email", description: "old", nodes: [] };
  expect(undraftedIn(text, OWN)).toEqual(["name", "description"]);
  expect(withOwn(text, OWN, [])).toEqual({ name: "Reception", type: "email", description: "new", nodes: [] });
  expect(withOwn(text, OWN, ["description"])).toEqual({ name: "Reception", type: "email", description: "old", nodes: [] });
  expect(withOwn(text, { ...OWN, description: null }, [])).toEqual({ name: "Reception", type: "email", nodes: [] });
});

test("what says the same is left as it is", () => {
  const text = { name: "Reception", description: "new", nodes: [] };
  expect(withOwn(text, OWN, [])).toBe(text);
});
