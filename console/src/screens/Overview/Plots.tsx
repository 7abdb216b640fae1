import { useMemo } from "react";
import type { Overview } from "../../api/queries";
import { Plot, type Series } from "../../components/Plot/Plot";
import { milliseconds } from "./milliseconds";
import { buckets, decided, lengthFor, total, worst } from "./periods";

const listOf = (filter: string) => (from: number, until: number) =>
  `/interactions?${filter}since=${encodeURIComponent(new Date(from).toISOString())}&until=${encodeURIComponent(new Date(until).toISOString())}`;
const allMail = listOf("");
const unroutedMail = listOf("decision=unrouted&");

/** What happened in the period, minute by minute, or by a few minutes where it is long. */
export default function Plots({ numbers }: { numbers: Overview }) {
  const { series, totals, since } = numbers;
  const length = lengthFor(series.length);
  const parts = useMemo(() => buckets(series, length), [series, length]);
  const at = useMemo(() => parts.map((one) => one.at), [parts]);
  const within = `since=${encodeURIComponent(since)}`;
  const mail = useMemo(
    (): Series[] => [
      { name: "new", tone: 1, values: parts.map((one) => total(one.minutes.map((minute) => minute.accepted - minute.duplicates))), href: `/interactions?${within}` },
      { name: "duplicates", tone: 5, values: parts.map((one) => total(one.minutes.map((minute) => minute.duplicates))) },
    ],
    [parts, within],
  );
  const decisions = useMemo(
    () =>
      decided(numbers).map((one, place): Series => {
        const filter = one.queueId ? `queue=${one.queueId}&` : one.decision ? `decision=${one.decision}&` : "decision=queue&";
        return {
          name: one.name,
          tone: ((place % 8) + 1) as Series["tone"],
          values: parts.map((part) => total(one.values.slice(part.from, part.until))),
          href: `/interactions?${filter}${within}`,
        };
      }),
    [numbers, parts, within],
  );
  const times = useMemo(
    (): Series[] => [
      { name: "p95", tone: 4, values: parts.map((part) => worst(part, "p95Ms")), total: totals.decision ? milliseconds(totals.decision.p95Ms) : "–", dashed: true },
      { name: "median", tone: 1, values: parts.map((part) => worst(part, "p50Ms")), total: totals.decision ? milliseconds(totals.decision.p50Ms) : "–" },
    ],
    [parts, totals],
  );
  const errors = useMemo(
    (): Series[] => [
      { name: "failed runs", tone: "bad", values: parts.map((one) => total(one.minutes.map((minute) => minute.failed))), href: `/interactions?decision=unrouted&${within}` },
      { name: "unrouted otherwise", tone: 2, values: parts.map((one) => total(one.minutes.map((minute) => Math.max(0, (minute.decided.unrouted ?? 0) - minute.failed)))), href: `/interactions?decision=unrouted&${within}` },
    ],
    [parts, within],
  );
  const a = length === 1 ? "a minute" : `in ${length} minutes`;
  return (
    <div className="plots">
      <Plot title={`Mail ${a}`} kind="bars" at={at} each={length * 60_000} series={mail} hrefOf={allMail} empty="No mail came in this time." />
      <Plot title={`Decisions ${a}, by queue`} kind="bars" at={at} each={length * 60_000} series={decisions} hrefOf={allMail} empty="Nothing was decided in this time." />
      <Plot title={`Time from acceptance to decision${length === 1 ? "" : `, worst minute of ${length}`}`} kind="lines" at={at} each={length * 60_000} series={times} say={milliseconds} hrefOf={allMail} empty="Nothing was decided in this time." />
      <Plot title={`Errors ${a}`} kind="bars" at={at} each={length * 60_000} series={errors} hrefOf={unroutedMail} empty="No run failed, and everything found its queue." />
    </div>
  );
}
