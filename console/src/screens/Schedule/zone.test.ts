import { expect, test } from "vitest";
import { days, weekStart } from "./zone";

const at = (iso: string) => new Date(iso).getTime();

test("a week begins on Monday in the schedule's zone, whatever the browser's", () => {
  expect(weekStart(at("2026-11-29T22:00:00Z"), "Europe/Berlin", 0)).toBe(at("2026-11-22T23:00:00Z"));
  expect(weekStart(at("2026-11-29T23:30:00Z"), "Europe/Berlin", 0)).toBe(at("2026-11-29T23:00:00Z"));
  expect(weekStart(at("2026-11-29T23:30:00Z"), "Europe/Berlin", -1)).toBe(at("2026-11-22T23:00:00Z"));
  expect(weekStart(at("2026-03-31T12:00:00Z"), "America/New_York", -4)).toBe(at("2026-03-02T05:00:00Z"));
});

test("days are told in words, and one in which clocks change is as long as it is", () => {
  const from = at("2026-10-18T22:00:00Z");
  const to = at("2026-10-25T23:00:00Z");
  const said = [
    { from: at("2026-10-19T07:00:00Z"), to: at("2026-10-19T15:00:00Z"), state: "open", name: "week" },
    { from: at("2026-10-19T15:00:00Z"), to: at("2026-10-20T22:00:00Z"), state: "closed", name: "" },
    { from: at("2026-10-20T22:00:00Z"), to: at("2026-10-21T22:00:00Z"), state: "holiday", name: "Fair" },
  ];
  const week = days(from, to, "Europe/Berlin", said);
  expect(week.map((day) => day.words)).toEqual(["09:00–17:00", "closed", "Fair all day", "closed", "closed", "closed", "closed"]);
  expect((week[6]!.end - week[6]!.start) / 3_600_000).toBe(25);
});
