import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepText } from "./kept";
import { takeSlot } from "./slot";

const KEPT = { text: "name: F\n", version: 2, saved: false, typed: [] };
const NAME = "waypost.flow.ana.f";

/** Locks as browsers have them, of all tabs: jsdom has none. */
const held = new Map<string, Promise<unknown>>();
beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  held.clear();
  vi.stubGlobal("navigator", {
    locks: {
      request: async (name: string, options: LockOptions, work: (lock: object | null) => unknown) => {
        if (held.has(name) && options.ifAvailable) return await work(null);
        while (held.has(name)) {
          options.signal?.throwIfAborted();
          const aborted = new Promise((_, fail) => options.signal?.addEventListener("abort", () => fail(options.signal?.reason)));
          await Promise.race([held.get(name), aborted]);
        }
        const done = Promise.resolve(work({}));
        held.set(name, done);
        await done;
        held.delete(name);
      },
      query: async () => ({ held: [...held.keys()].map((name) => ({ name })) }),
    },
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("two tabs have a slot each, and the first is free again once it is released", async () => {
  const first = await takeSlot("f", "ana");
  expect(first.key).toBe(NAME);
  sessionStorage.clear();
  const second = await takeSlot("f", "ana");
  expect(second.key).toBe(`${NAME}.2`);
  expect((await takeSlot("f", "ben")).key).toBe("waypost.flow.ben.f");
  first.release();
  await new Promise((done) => setTimeout(done));
  sessionStorage.clear();
  expect((await takeSlot("f", "ana")).key).toBe(NAME);
});

test("what a closed tab left is taken, and it is said that there is more", async () => {
  keepText(`${NAME}.2`, KEPT);
  keepText(`${NAME}.3`, KEPT);
  const slot = await takeSlot("f", "ana");
  expect(slot).toMatchObject({ key: `${NAME}.2`, more: true });
  sessionStorage.clear();
  expect(await takeSlot("f", "ana")).toMatchObject({ key: `${NAME}.3`, more: false });
});

test("a page that is loaded again has the slot that it had, although others are free", async () => {
  const one = await takeSlot("f", "ana");
  sessionStorage.clear();
  const two = await takeSlot("f", "ana");
  keepText(one.key, KEPT);
  one.release();
  sessionStorage.setItem(NAME, two.key);
  // The page before it goes away while the new one asks, and keeps its text as it does.
  setTimeout(() => {
    keepText(two.key, KEPT);
    two.release();
  }, 20);
  expect((await takeSlot("f", "ana")).key).toBe(two.key);
});

test("a tab that was made from another does not take the other's slot", async () => {
  vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort());
  const { key } = await takeSlot("f", "ana");
  keepText(key, KEPT);
  expect((await takeSlot("f", "ana")).key).not.toBe(key);
});

test("where there are no locks there is one slot", async () => {
  vi.stubGlobal("navigator", {});
  expect([await takeSlot("f", "ana"), await takeSlot("f", "ana")].map(({ key }) => key)).toEqual([NAME, NAME]);
});
