import { expect, test } from "vitest";
import { filterOf } from "./Filters";

test("an address is a filter, and what it does not know is no filter", () => {
  expect(filterOf(new URLSearchParams("state=decided&queue=q&subject=refund&x=y&from="))).toEqual({ state: "decided", queue: "q", subject: "refund" });
});
