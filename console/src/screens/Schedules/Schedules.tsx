import { useQuery } from "@tanstack/react-query";
import { KINDS } from "../../api/kinds";
import { evaluation } from "../../api/schedules";
import { Badge } from "../../components/Badge/Badge";
import { ObjectList } from "../../components/ObjectList/ObjectList";

export const TONES = { open: "good", closed: "neutral", holiday: "info", emergency: "bad" } as const;

/** What a schedule says now, and until when: by its own clocks, as its hours are. */
export function Now({ id, zone }: { id: string; zone: string }) {
  const { data } = useQuery(evaluation(id));
  if (!data) return <span className="muted">…</span>;
  const until = data.nextChange && new Date(data.nextChange).toLocaleString("en-GB", { timeZone: zone, weekday: "short", hour: "2-digit", minute: "2-digit" });
  return (
    <>
      <Badge tone={TONES[data.state as keyof typeof TONES] ?? "neutral"}>{data.state}</Badge> {data.name && <span className="wide-only">{data.name} </span>}
      {until && <span className="muted">until {until}</span>}
    </>
  );
}

export default function Schedules() {
  return (
    <div className="page">
      <ObjectList
        kind={KINDS.schedule}
        columns={[
          { head: "Now", cell: (one) => <Now id={one.id} zone={String(one.timeZone ?? "UTC")} /> },
          { head: "Time zone", wide: true, cell: (one) => String(one.timeZone ?? "") },
          { head: "Description", wide: true, cell: (one) => <span className="muted">{String(one.description ?? "")}</span> },
        ]}
        empty="No schedule yet. Make one with opening hours and holidays; flows ask it with evaluateSchedule."
      />
    </div>
  );
}
