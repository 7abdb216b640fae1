import { renderHook } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Positions } from "../../edit/positions";
import { usePlaces } from "./usePlaces";

afterEach(() => void vi.unstubAllGlobals());

test("what others moved while one's own move was under way is known, and not moved back", async () => {
  const sent: string[] = [];
  let answer = () => {};
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
    sent.push(String(init.body));
    return new Promise<Response>((done) => {
      answer = () => done(new Response(null, { status: 204 }));
    });
  });
  const there: { current: Positions } = { current: { a: { x: 0, y: 0 }, b: { x: 0, y: 0 } } };
  let shown: Positions = { a: { x: 5, y: 0 }, b: { x: 0, y: 0 } };
  const now = () => shown;
  const { unmount } = renderHook(() => usePlaces("flow", "slot", there, now, shown, true));
  document.dispatchEvent(new Event("visibilitychange"));
  there.current = { a: { x: 0, y: 0 }, b: { x: 7, y: 7 } };
  shown = { a: { x: 5, y: 0 }, b: { x: 7, y: 7 } };
  answer();
  await expect.poll(() => there.current).toEqual(shown);
  unmount();
  expect(sent).toEqual([JSON.stringify({ positions: { a: { x: 5, y: 0 } } })]);
});
