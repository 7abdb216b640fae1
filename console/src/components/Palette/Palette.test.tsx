import { expect, test } from "vitest";
import { matching } from "./Palette";

test("places are found by words, those that begin so first", () => {
  const places = [
    { name: "Old Billing", href: "/a", kind: "queue" },
    { name: "Billing", href: "/b", kind: "queue" },
    { name: "Billing", href: "/c", kind: "flow" },
  ];
  expect(matching(places, "bill").map((one) => one.href)).toEqual(["/b", "/c", "/a"]);
  expect(matching(places, "billing flow").map((one) => one.href)).toEqual(["/c"]);
  expect(matching(places, "nothing")).toEqual([]);
});
