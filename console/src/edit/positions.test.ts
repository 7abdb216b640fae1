import { expect, test } from "vitest";
import { bringIn, moves } from "./positions";

const at = (x: number, y = 0) => ({ x, y });

test("what moved, and what is gone, is told; the end is no node", () => {
  expect(moves({ a: at(1), b: at(2), c: at(3) }, { a: at(1), b: at(5), d: at(4), ":end": at(9) })).toEqual({ b: at(5), d: at(4), c: null });
  expect(moves({ a: at(1) }, { a: at(1) })).toEqual({});
});

test("where somebody else put a node it is, unless I moved it", () => {
  const [before, theirs] = [{ a: at(1), b: at(2) }, { a: at(10), b: at(20), new: at(30) }];
  expect(bringIn({ a: at(1), b: at(7), mine: at(4) }, before, theirs)).toEqual({ a: at(10), b: at(7), mine: at(4), new: at(30) });
});
