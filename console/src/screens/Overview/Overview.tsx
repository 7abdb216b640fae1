import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "wouter";
import { isAbsent } from "../../api/client";
import { interactions, overview, type Overview as Numbers } from "../../api/queries";
import { useTitle } from "../../app/useTitle";
import { age } from "../../components/Age/Age";
import { Fault, Loading } from "../../components/Fault/Fault";
import { InteractionTable } from "../../components/InteractionTable/InteractionTable";
import { Live } from "../../components/Live/Live";
import { Part, part } from "../../components/Part/Part";
import { milliseconds } from "./milliseconds";
import { Deliveries, Mailboxes, Waiting } from "./Now";
import { PERIODS } from "./periods";
import "./Overview.css";

const Plots = part(() => import("./Plots"));

/** How mail does now, and did for a while. The period is in the address; every number leads to its list. */
export default function Overview() {
  useTitle("Overview");
  const [search, setSearch] = useSearchParams();
  const asked = search.get("minutes") ?? "";
  const minutes = asked in PERIODS ? asked : "60";
  const numbers = useQuery(overview(Number(minutes)));
  const newest = useInfiniteQuery(interactions({}));
  const older = isAbsent(numbers.error);
  if (!numbers.data && !numbers.error) return <Loading />;
  return (
    <div className="page">
      <div className="page-head">
        <h1>Overview</h1>
        <span className="end tools">
          <span role="group" aria-label="Period" className="switch">
            {Object.entries(PERIODS).map(([value, name]) => (
              <button key={value} aria-pressed={minutes === value} onClick={() => setSearch(value === "60" ? {} : { minutes: value })}>
                {name}
              </button>
            ))}
          </span>
          <Live />
        </span>
      </div>
      {numbers.data ? (
        <>
          <Tiles numbers={numbers.data} />
          <Part fallback={<Loading />}>
            <Plots numbers={numbers.data} />
          </Part>
          <div className="overview-now">
            <Waiting queues={numbers.data.queues} />
            <div className="overview-column">
              <Deliveries deliveries={numbers.data.deliveries} />
              <Mailboxes mailboxes={numbers.data.mailboxes} />
            </div>
          </div>
        </>
      ) : older ? (
        <div className="panel empty">This server is older than its console and has no numbers to show.</div>
      ) : (
        numbers.error && <Fault error={numbers.error} retry={() => void numbers.refetch()} />
      )}
      <section className="panel">
        <header>
          <h2>Newest mail</h2>
          <Link href="/interactions">All</Link>
        </header>
        {newest.data ? (
          <InteractionTable interactions={newest.data.pages[0]?.entities.slice(0, 10) ?? []} empty={<>No mail yet. Send one with <code>waypost mail send</code>, and it appears here.</>} />
        ) : newest.error ? (
          <Fault error={newest.error} />
        ) : (
          <Loading />
        )}
      </section>
    </div>
  );
}

function Tiles({ numbers }: { numbers: Numbers }) {
  const { series, totals, undecided, unrouted, queues, since } = numbers;
  const waiting = queues?.reduce((sum, one) => sum + one.waiting, 0);
  const late = queues?.reduce((sum, one) => sum + (one.overServiceLevel ?? 0), 0) ?? 0;
  const within = `since=${encodeURIComponent(since)}`;
  const rate = totals.accepted / series.length;
  return (
    <div className="numbers">
      <Tile name="Mail" value={totals.accepted} href={`/interactions?${within}`} note={`${rate >= 10 ? Math.round(rate).toLocaleString("en") : rate.toFixed(1)} a minute`} />
      {waiting === undefined ? (
        <Tile name="Decided for a queue" value={totals.decided.queue ?? 0} href={`/interactions?decision=queue&${within}`} note="in this time" />
      ) : (
        <Tile name="Waiting in queues" value={waiting} href="/queues" note={late > 0 ? `${late.toLocaleString("en")} over service level` : "within service levels"} bad={late > 0} />
      )}
      <Tile name="Undecided" value={undecided.waiting} href="/interactions?state=received" note={undecided.oldestAt ? `oldest ${age(Date.now() - Date.parse(undecided.oldestAt), "")}` : "nothing waits"} />
      <Tile name="Unrouted" value={unrouted} href="/interactions?decision=unrouted" note={unrouted > 0 ? "wait for a person" : "nobody is needed"} bad={unrouted > 0} />
      <Tile name="Failed runs" value={totals.failed} href={`/interactions?decision=unrouted&${within}`} note="in this time" bad={totals.failed > 0} />
      <Tile name="Time to decision" value={totals.decision ? milliseconds(totals.decision.p95Ms) : "–"} href={`/interactions?${within}`} note={totals.decision ? `p95; median ${milliseconds(totals.decision.p50Ms)}` : "nothing was decided"} />
    </div>
  );
}

function Tile({ name, value, note, href, bad = false }: { name: string; value: number | string; note: string; href: string; bad?: boolean }) {
  return (
    <Link href={href} className="panel number-tile">
      <span className="muted">{name}</span>
      <strong className={bad ? "bad" : undefined}>{value.toLocaleString("en")}</strong>
      <span className="muted note">{note}</span>
    </Link>
  );
}
