import { useId, useMemo, useState, type ReactNode } from "react";
import { Link } from "wouter";
import { Drawing } from "./Drawing";
import "./Plot.css";

export interface Series {
  name: string;
  /** Its colour: one of eight that people with colour blindness can tell apart, or the colour of what is bad. */
  tone: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | "bad";
  /** A value for each time; null where there is none. */
  values: (number | null)[];
  /** The number beside its name; its sum unless told. */
  total?: string;
  /** Where its number leads. */
  href?: string;
  /** Drawn by a dashed line. */
  dashed?: boolean;
}

export interface PlotProps {
  title: string;
  /** `bars` stand on each other, `lines` beside each other. */
  kind: "bars" | "lines";
  /** When each value begins, in milliseconds since 1970, and for how long each lasts. */
  at: number[];
  each: number;
  series: Series[];
  /** A value as text. */
  say?: (value: number) => string;
  /** Where a time leads. */
  hrefOf?: (from: number, until: number) => string;
  /** What is said when all is zero. */
  empty: string;
  note?: ReactNode;
}

const count = (value: number) => value.toLocaleString("en");

/** A time of day, short enough for an axis. */
export const clock = (time: number) => new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** A plot over time, with its numbers as a table for those who would rather read, or must. */
export function Plot({ title, kind, at, each, series, say = count, hrefOf, empty, note }: PlotProps) {
  const [asTable, setAsTable] = useState(false);
  const [hovered, setHovered] = useState<number>();
  const id = useId();
  const nothing = series.every((one) => one.values.every((value) => !value));
  const shown = hovered !== undefined && at[hovered] !== undefined ? hovered : undefined;
  const summary = useMemo(() => series.map((one) => `${one.name} ${one.total ?? say(sum(one.values))}, at most ${say(Math.max(0, ...one.values.map((value) => value ?? 0)))}`).join("; "), [series, say]);
  return (
    <section className="panel plot" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        <span className="plot-end">
          {shown !== undefined && !asTable && <span className="muted">{clock(at[shown] ?? 0)}</span>}
          <button className="button quiet" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            Table
          </button>
        </span>
      </header>
      <ul className="plot-legend">
        {series.map((one) => {
          const value = shown === undefined ? (one.total ?? say(sum(one.values))) : one.values[shown] == null ? "–" : say(one.values[shown] ?? 0);
          return (
            <li key={one.name}>
              <span className={`swatch tone-${one.tone}${one.dashed ? " dashed" : ""}`} aria-hidden="true" />
              {one.href ? (
                <Link href={one.href}>
                  {one.name} <b>{value}</b>
                </Link>
              ) : (
                <span>
                  {one.name} <b>{value}</b>
                </span>
              )}
            </li>
          );
        })}
        {note && <li className="muted">{note}</li>}
      </ul>
      {asTable ? (
        <Table title={title} at={at} each={each} series={series} say={say} hrefOf={hrefOf} />
      ) : nothing ? (
        <p className="empty">{empty}</p>
      ) : (
        <div role="img" aria-label={`${title}, from ${clock(at[0] ?? 0)} to ${clock((at.at(-1) ?? 0) + each)}: ${summary}`}>
          <Drawing kind={kind} at={at} each={each} series={series} say={say} onHover={setHovered} hrefOf={hrefOf} />
        </div>
      )}
    </section>
  );
}

const sum = (values: (number | null)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0);

type TableProps = Pick<PlotProps, "title" | "at" | "each" | "series" | "hrefOf"> & { say: (value: number) => string };

function Table({ title, at, each, series, say, hrefOf }: TableProps) {
  // The newest is what one looks for.
  const rows = at.map((time, place) => ({ time, place })).filter(({ place }) => series.some((one) => one.values[place])).reverse();
  if (rows.length === 0) return <p className="empty">All zero.</p>;
  return (
    <div className="plot-table scroll-x" tabIndex={0} role="group" aria-label={`${title}, as a table`}>
      <table className="table">
        <thead>
          <tr>
            <th>From</th>
            {series.map((one) => (
              <th key={one.name} className="number">
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ time, place }) => (
            <tr key={time}>
              <td className="nowrap">{hrefOf ? <Link href={hrefOf(time, time + each)}>{clock(time)}</Link> : clock(time)}</td>
              {series.map((one) => (
                <td key={one.name} className="number">
                  {one.values[place] == null ? "–" : say(one.values[place] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
