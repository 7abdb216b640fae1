import { expect, test } from "vitest";
import { readable } from "./Trial";

test("bytes that are no UTF-8 can be read all the same", () => {
  expect(readable(new TextEncoder().encode("Zoë"))).toBe("Zoë");
  expect(readable(Uint8Array.of(90, 111, 235))).toBe("Zoë");
});
