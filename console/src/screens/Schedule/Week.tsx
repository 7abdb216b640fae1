import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { stretches } from "../../api/schedules";
import { Fault, Loading } from "../../components/Fault/Fault";
import "./Week.css";
import { days, label, weekStart } from "./zone";

/** What a schedule says in a week: a line for each day, in the schedule's own time. */
export function Week({ id, zone, revision }: { id: string; zone: string; revision: string }) {
  const [shift, setShift] = useState(0);
  const from = weekStart(Date.now(), zone, shift);
  const to = weekStart(Date.now(), zone, shift + 1);
  const found = useQuery({ ...stretches(id, from, to), queryKey: ["stretches", id, from, to, revision] });
  const now = Date.now();
  const lines = days(from, to, zone, found.data ?? []);
  return (
    <section className="panel">
      <header>
        <h2>
          Week of {label(from, zone)} <span className="muted">{zone}</span>
        </h2>
        <span className="row">
          <button className="button" onClick={() => setShift(shift - 1)}>
            Week before
          </button>
          <button className="button" onClick={() => setShift(shift + 1)}>
            Week after
          </button>
        </span>
      </header>
      {found.error ? (
        <Fault error={found.error} />
      ) : !found.data ? (
        <Loading />
      ) : (
        <ol className="week">
          {lines.map((day) => (
            <li key={day.start}>
              <span className={now >= day.start && now < day.end ? "week-day today" : "week-day"}>{day.name}</span>
              <svg className="week-line" viewBox="0 0 240 20" preserveAspectRatio="none" aria-hidden="true">
                {day.parts.map((part) => (
                  <rect key={part.from} className={`week-part ${part.state}`} x={part.left * 240} width={part.width * 240} y="0" height="20" />
                ))}
                {[60, 120, 180].map((x) => (
                  <line key={x} x1={x} x2={x} y1="0" y2="20" className="week-tick" />
                ))}
                {now >= day.start && now < day.end && <line className="week-now" x1={((now - day.start) / (day.end - day.start)) * 240} x2={((now - day.start) / (day.end - day.start)) * 240} y1="0" y2="20" />}
              </svg>
              <span className="week-words">{day.words}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
