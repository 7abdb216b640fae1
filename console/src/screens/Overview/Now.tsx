import { Link } from "wouter";
import type { Overview } from "../../api/queries";
import { Age } from "../../components/Age/Age";
import { Badge, DeliveryBadge } from "../../components/Badge/Badge";
import { duration } from "../../components/QueueTable/QueueTable";

/** How many lines a list has before it says how many more there are. */
const MOST = 8;

/** What waits, the longest waiting first. */
export function Waiting({ queues }: { queues: Overview["queues"] }) {
  return (
    <section className="panel">
      <header>
        <h2>Waiting longest</h2>
        <Link href="/queues">All queues</Link>
      </header>
      {!queues ? (
        <p className="empty">Seeing queues needs the scope routing:read.</p>
      ) : queues.length === 0 ? (
        <p className="empty">Nothing waits in any queue.</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>Queue</th>
              <th className="number">Waiting</th>
              <th className="number">Oldest</th>
              <th className="wide-only">Of its service level</th>
            </tr>
          </thead>
          <tbody>
            {queues.slice(0, MOST).map(({ queue, waiting, oldestWaitingAt, serviceLevel, overServiceLevel }) => (
              <tr key={queue.id}>
                <td>
                  <Link href={`/queues/${queue.id}`} className="main">
                    {queue.name ?? "a queue that is gone"}
                  </Link>
                </td>
                <td className="number">
                  <Link href={`/queues/${queue.id}`}>{waiting.toLocaleString("en")}</Link>
                </td>
                <td className={overServiceLevel ? "number late" : "number"}>{oldestWaitingAt ? <Age at={oldestWaitingAt} suffix="" /> : "–"}</td>
                <td className="wide-only">
                  <Level {...{ oldestWaitingAt, serviceLevel, overServiceLevel }} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {(queues?.length ?? 0) > MOST && <p className="muted more-line">{(queues?.length ?? 0) - MOST} more</p>}
    </section>
  );
}

function Level({ oldestWaitingAt, serviceLevel, overServiceLevel }: Pick<NonNullable<Overview["queues"]>[number], "oldestWaitingAt" | "serviceLevel" | "overServiceLevel">) {
  if (!serviceLevel) return <span className="muted">–</span>;
  const late = (overServiceLevel ?? 0) > 0;
  const part = oldestWaitingAt ? Math.min(1, (Date.now() - Date.parse(oldestWaitingAt)) / (seconds(serviceLevel) * 1000 || 1)) : 0;
  return (
    <span className="level">
      <meter min={0} max={1} high={0.8} optimum={0} value={late ? 1 : part} aria-label="How much of its service level the oldest has used" />
      {late ? <span className="late">{overServiceLevel} over {duration(serviceLevel)}</span> : <span className="muted">{duration(serviceLevel)}</span>}
    </span>
  );
}

const UNITS = [604_800, 86_400, 3600, 60, 1];

/** An ISO 8601 duration in seconds; 0 where it is none. */
export function seconds(iso: string): number {
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(iso);
  return UNITS.reduce((sum, unit, place) => sum + unit * Number(found?.[place + 1] ?? 0), 0);
}

const STATES = ["pending", "delivered", "bounced", "dead", "cancelled"];

/** What was sent, by how far it came. */
export function Deliveries({ deliveries }: { deliveries: Overview["deliveries"] }) {
  return (
    <section className="panel">
      <header>
        <h2>Deliveries</h2>
        <Link href="/deliveries">All</Link>
      </header>
      <ul className="states">
        {STATES.map((state) => (
          <li key={state}>
            <Link href={`/deliveries?state=${state}`}>
              <DeliveryBadge state={state} /> <b>{(deliveries[state] ?? 0).toLocaleString("en")}</b>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

const HEALTH: Record<string, "good" | "warn" | "bad" | "neutral" | "info"> = { ok: "good", failing: "bad", silent: "warn", starting: "info", disabled: "neutral" };

/** Mailboxes that are watched: those that need somebody first. */
export function Mailboxes({ mailboxes }: { mailboxes: Overview["mailboxes"] }) {
  const order = ["failing", "silent", "starting", "ok", "disabled"];
  const sorted = [...(mailboxes ?? [])].sort((one, other) => order.indexOf(one.status) - order.indexOf(other.status));
  return (
    <section className="panel">
      <header>
        <h2>Mailboxes</h2>
        <Link href="/mailboxes">All</Link>
      </header>
      {!mailboxes ? (
        <p className="empty">Seeing mailboxes needs the scope routing:read.</p>
      ) : mailboxes.length === 0 ? (
        <p className="empty">No mailbox is watched.</p>
      ) : (
        <ul className="mailboxes">
          {sorted.slice(0, MOST).map(({ mailbox, status, lastMailAt, lastError }) => (
            <li key={mailbox.id}>
              <Badge tone={HEALTH[status] ?? "neutral"}>{status}</Badge>
              <Link href={`/mailboxes/${mailbox.id}`}>{mailbox.name ?? mailbox.id}</Link>
              <span className="muted">{lastMailAt ? <>last mail <Age at={lastMailAt} /></> : "no mail yet"}</span>
              {status === "failing" && lastError && <span className="mailbox-error">{lastError}</span>}
            </li>
          ))}
        </ul>
      )}
      {sorted.length > MOST && <p className="muted more-line">{sorted.length - MOST} more</p>}
    </section>
  );
}
