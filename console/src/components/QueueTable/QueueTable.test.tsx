import { expect, test } from "vitest";
import { duration } from "./QueueTable";

test("durations are told in short words", () => {
  expect(["PT4H", "P1DT30M", "PT90S", "P1W", "odd"].map(duration)).toEqual(["4 h", "1 d 30 min", "90 s", "1 wk", "odd"]);
});
