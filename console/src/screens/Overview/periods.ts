import type { Minute, Overview } from "../../api/queries";

/** What can be looked at, in minutes. */
export const PERIODS = { "60": "Last hour", "360": "6 hours", "1440": "24 hours" };

/** A plot has about so many bars at most. */
const MOST_BARS = 96;

/** Minutes put together, so that bars can be told apart. */
export interface Bucket {
  at: number;
  /** Of each minute in it. */
  minutes: Minute[];
  /** Its minutes' places in the series. */
  from: number;
  until: number;
}

/** The length of a bucket in minutes: one that people count in. */
export const lengthFor = (minutes: number) => [1, 5, 10, 15, 30, 60].find((one) => minutes / one <= MOST_BARS) ?? 60;

export function buckets(series: Minute[], length: number): Bucket[] {
  const found: Bucket[] = [];
  series.forEach((minute, place) => {
    const at = Math.floor(Date.parse(minute.at) / (length * 60_000)) * length * 60_000;
    const last = found.at(-1);
    if (last?.at === at) {
      last.minutes.push(minute);
      last.until = place + 1;
    } else {
      found.push({ at, minutes: [minute], from: place, until: place + 1 });
    }
  });
  return found;
}

/** Percentiles of minutes can't be added: of several, the worst is told. Null where nothing was decided. */
export function worst({ minutes }: Bucket, percentile: "p50Ms" | "p95Ms"): number | null {
  const found = minutes.flatMap((minute) => minute.decision?.[percentile] ?? []);
  return found.length > 0 ? Math.max(...found) : null;
}

export const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

/** Queues with colours of their own; the rest is one. */
const MOST_QUEUES = 5;

export interface Decided {
  name: string;
  queueId?: string;
  decision?: string;
  total: number;
  /** By minute. */
  values: number[];
}

/** Decisions by queue, most first, then by what else came of mail. Together they are all decisions. */
export function decided({ series, byQueue }: Pick<Overview, "series" | "byQueue">): Decided[] {
  const first = byQueue.slice(0, MOST_QUEUES).map(({ queue, total, decided }) => ({ name: queue.name ?? "a queue that is gone", queueId: queue.id, total, values: decided }));
  const all = series.map((minute) => (minute.decided.queue ?? 0) + (minute.decided.unrouted ?? 0));
  const rest = all.map((value, place) => Math.max(0, value - total(first.map((one) => one.values[place] ?? 0))));
  const other = (name: string, values: number[], decision?: string): Decided[] => {
    const sum = total(values);
    return sum > 0 ? [{ name, values, total: sum, ...(decision && { decision }) }] : [];
  };
  return [
    ...first,
    ...other("other queues", rest),
    ...other("forwarded", series.map((minute) => minute.decided.forward ?? 0), "forward"),
    ...other("dropped", series.map((minute) => minute.decided.disconnect ?? 0), "disconnect"),
  ];
}
