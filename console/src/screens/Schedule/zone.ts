import type { Stretch } from "../../api/schedules";

const DAY = 86_400_000;

/** How far a zone's clocks are ahead of UTC at a time, in milliseconds. */
function offset(at: number, zone: string): number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute, part.second) - Math.floor(at / 1000) * 1000;
}

/** The instant of a local midnight; `local` is that midnight as if it were UTC. Clocks may change between the guess and the day. */
function instant(local: number, zone: string): number {
  const guess = local - offset(local, zone);
  return local - offset(guess, zone);
}

const localDay = (at: number, zone: string) => Math.floor((at + offset(at, zone)) / DAY) * DAY;

/** When a week begins, Monday 00:00 in a zone: the one of `now`, or so many later. */
export function weekStart(now: number, zone: string, shift: number): number {
  const today = localDay(now, zone);
  const sinceMonday = (new Date(today).getUTCDay() + 6) % 7;
  return instant(today - sinceMonday * DAY + shift * 7 * DAY, zone);
}

export const label = (at: number, zone: string) => new Date(at).toLocaleDateString([], { timeZone: zone, day: "numeric", month: "long", year: "numeric" });

const clock = (at: number, zone: string) => new Date(at).toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });

interface Part extends Stretch {
  /** Where it lies in its day, from 0 to 1. */
  left: number;
  width: number;
}

export interface Day {
  start: number;
  end: number;
  name: string;
  parts: Part[];
  words: string;
}

/** What is said on each day of a week, and in words. A day in which clocks change is 23 or 25 hours long. */
export function days(from: number, to: number, zone: string, said: Stretch[]): Day[] {
  const found: Day[] = [];
  for (let start = from; start < to; ) {
    const end = instant(localDay(start, zone) + DAY, zone);
    const parts = said.flatMap((one): Part[] => {
      const [begins, ends] = [Math.max(one.from, start), Math.min(one.to, end)];
      return begins < ends ? [{ ...one, from: begins, to: ends, left: (begins - start) / (end - start), width: (ends - begins) / (end - start) }] : [];
    });
    const told = parts.filter((part) => part.state !== "closed");
    const time = (part: Part) => (part.from === start && part.to === end ? "all day" : `${clock(part.from, zone)}–${part.to === end ? "24:00" : clock(part.to, zone)}`);
    const words = told.map((part) => [part.state === "open" ? "" : part.name || part.state, time(part)].filter(Boolean).join(" ")).join(", ");
    found.push({ start, end, parts, words: words || "closed", name: new Date(start).toLocaleDateString("en-GB", { timeZone: zone, weekday: "short", day: "numeric", month: "short" }) });
    start = end;
  }
  return found;
}
