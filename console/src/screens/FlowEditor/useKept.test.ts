import { renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { useKept } from "./useKept";

test("before the page goes away it is kept once, and again if there is more than was drawn", () => {
  const kept: string[] = [];
  let [drawn, typed] = ["a", "a"];
  const { rerender, unmount } = renderHook(() => {
    const text = drawn;
    useKept(() => kept.push(typed), () => typed !== text);
  });
  const hide = () => document.dispatchEvent(new Event("visibilitychange"));
  hide();
  hide();
  expect(kept).toEqual(["a"]);
  typed = "ab";
  hide();
  expect(kept).toEqual(["a", "ab"]);
  drawn = typed;
  rerender();
  unmount();
  expect(kept).toEqual(["a", "ab", "ab"]);
});
