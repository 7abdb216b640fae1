import { expect, test, vi } from "vitest";
import { keepMoves, keepText, keptMoves, keptText, usedSlots, withMoves } from "./kept";

const TEXT = { text: "name: F\n", version: 2, saved: false, typed: ["name"] };

test("each slot has a text of its own", () => {
  expect(keepText("f", TEXT)).toBe(true);
  keepText("f.2", { ...TEXT, text: "name: G\n" });
  expect(keptText("f")).toEqual(TEXT);
  expect(keptText("f.2")?.text).toBe("name: G\n");
  keepMoves("f.3", { a: null });
  keepText("f.g", TEXT);
  expect(usedSlots("f")).toEqual(["f", "f.2", "f.3"]);
  keepMoves("f.3", {});
  expect(usedSlots("f")).toEqual(["f", "f.2"]);
});

test("what was sent and not answered is kept with the text, and the text without it where there is no room for both", () => {
  const unanswered = { version: 2, documents: [{ name: "F" }] };
  keepText("f", { ...TEXT, unanswered });
  expect(keptText("f")).toEqual({ ...TEXT, unanswered });
  localStorage.setItem("g", JSON.stringify({ ...TEXT, unanswered: { version: "2", documents: ["F"] } }));
  expect(keptText("g")).toEqual(TEXT);
  const put = localStorage.setItem.bind(localStorage);
  const small = vi.spyOn(Storage.prototype, "setItem").mockImplementation((key, value) => {
    if (value.includes("unanswered")) throw new DOMException("full", "QuotaExceededError");
    small.mockRestore();
    put(key, value);
  });
  expect(keepText("f", { ...TEXT, text: "name: G\n", unanswered })).toBe(true);
  expect(keptText("f")).toEqual({ ...TEXT, text: "name: G\n" });
});

test("moves are kept, what is no move is not taken for one", () => {
  const moved = { a: { x: 1, y: 2 }, b: null };
  keepMoves("f", moved);
  expect(keptMoves("f")).toEqual(moved);
  expect(withMoves({ b: { x: 0, y: 0 }, c: { x: 3, y: 3 } }, moved)).toEqual({ a: { x: 1, y: 2 }, c: { x: 3, y: 3 } });
  localStorage.setItem("f.places", '{"a":{"x":"1","y":2},"b":7}');
  expect(keptMoves("f")).toEqual({});
});

test("a browser that is full says so", () => {
  const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  expect(keepText("f", TEXT)).toBe(false);
  full.mockRestore();
});
