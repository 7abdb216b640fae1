import { Link } from "wouter";
import type { Queue } from "../../api/queries";
import { Age } from "../Age/Age";
import { Badge } from "../Badge/Badge";
import "./QueueTable.css";

export function QueueTable({ queues }: { queues: Queue[] }) {
  const most = Math.max(1, ...queues.map((queue) => queue.waiting ?? 0));
  return (
    <table className="table queues">
      <thead>
        <tr>
          <th>Queue</th>
          <th>Waiting</th>
          <th className="number">Oldest</th>
          <th className="number wide-only">Service level</th>
          <th className="number">Over it</th>
        </tr>
      </thead>
      <tbody>
        {queues.map((queue) => (
          <tr key={queue.id}>
            <td>
              <Link href={`/queues/${queue.id}`} className="main">
                {queue.name}
              </Link>{" "}
              {queue.builtIn && <Badge>built in</Badge>}
            </td>
            <td className="depth">
              <span>{queue.waiting ?? 0}</span>
              <meter min={0} max={most} value={queue.waiting ?? 0} aria-label={`${queue.waiting ?? 0} waiting`} className="wide-only" />
            </td>
            <td className="number">{queue.oldestWaitingAt ? <Age at={queue.oldestWaitingAt} suffix="" /> : <span className="muted">–</span>}</td>
            <td className="number wide-only">{queue.serviceLevel ? duration(queue.serviceLevel) : <span className="muted">–</span>}</td>
            <td className="number">{queue.overServiceLevel ? <Badge tone="bad">{queue.overServiceLevel}</Badge> : <span className="muted">{queue.serviceLevel ? 0 : "–"}</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** An ISO 8601 duration in short words: `PT4H` is `4 h`. */
export function duration(iso: string): string {
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(iso);
  const words = ["wk", "d", "h", "min", "s"].flatMap((unit, place) => (found?.[place + 1] ? [`${found[place + 1]} ${unit}`] : []));
  return words.join(" ") || iso;
}
