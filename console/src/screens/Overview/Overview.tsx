import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { interactions, LIVE, queues, summary } from "../../api/queries";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { age } from "../../components/Age/Age";
import { Fault, Loading } from "../../components/Fault/Fault";
import { InteractionTable } from "../../components/InteractionTable/InteractionTable";
import { Live } from "../../components/Live/Live";
import { QueueTable } from "../../components/QueueTable/QueueTable";
import "./Overview.css";

export default function Overview() {
  useTitle("Overview");
  const [live, setLive] = useState(true);
  const refetchInterval = live ? LIVE : false;
  const counts = useQuery({ ...summary, refetchInterval });
  const newest = useInfiniteQuery({ ...interactions({}), refetchInterval });
  const seesQueues = useMay("routing:read");
  const allQueues = useQuery({ ...queues, enabled: seesQueues, refetchInterval });
  if (counts.error) return <Fault error={counts.error} retry={() => void counts.refetch()} />;
  if (!counts.data) return <Loading />;
  const { interactions: all, duplicates, byState, byDecision, deliveries, unrouted, oldestUndecidedAt } = counts.data;
  const undecided = (byState.received ?? 0) + (byState.running ?? 0);
  const waiting = (allQueues.data ?? []).reduce((sum, queue) => sum + (queue.waiting ?? 0), 0);
  const mostWaiting = [...(allQueues.data ?? [])].sort((one, other) => (other.waiting ?? 0) - (one.waiting ?? 0)).slice(0, 8);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Overview</h1>
        <span className="end">
          <Live on={live} onChange={setLive} />
        </span>
      </div>
      <div className="numbers">
        <Number name="Interactions" value={all} href="/interactions" note={`${duplicates.toLocaleString("en")} duplicates`} />
        {seesQueues ? (
          <Number name="Waiting in queues" value={waiting} href="/queues" note={`${(byState.claimed ?? 0).toLocaleString("en")} claimed`} />
        ) : (
          <Number name="Decided for a queue" value={byDecision.queue ?? 0} href="/interactions?decision=queue" note={`${(byState.claimed ?? 0).toLocaleString("en")} claimed`} />
        )}
        <Number name="Undecided" value={undecided} href="/interactions?state=received" note={oldestUndecidedAt ? `oldest ${age(Date.now() - new Date(oldestUndecidedAt).getTime(), "")}` : "nothing waits"} />
        <Number name="Unrouted" value={unrouted ?? 0} href="/interactions?decision=unrouted" note="wait for a person" bad={(unrouted ?? 0) > 0} />
        <Number name="Sent" value={deliveries?.delivered ?? 0} note={`${(deliveries?.pending ?? 0).toLocaleString("en")} pending`} />
        <Number name="Dead letters" value={(deliveries?.dead ?? 0) + (deliveries?.bounced ?? 0)} note="dead or bounced" bad={(deliveries?.dead ?? 0) + (deliveries?.bounced ?? 0) > 0} />
      </div>
      <div className="overview-lists">
        <section className="panel">
          <header>
            <h2>Newest mail</h2>
            <Link href="/interactions">All</Link>
          </header>
          {newest.data ? <InteractionTable interactions={newest.data.pages[0]?.entities.slice(0, 10) ?? []} empty="No mail yet." /> : newest.error ? <Fault error={newest.error} /> : <Loading />}
        </section>
        {seesQueues && (
          <section className="panel">
            <header>
              <h2>Queues</h2>
              <Link href="/queues">All</Link>
            </header>
            {allQueues.data ? <QueueTable queues={mostWaiting} /> : allQueues.error ? <Fault error={allQueues.error} /> : <Loading />}
          </section>
        )}
      </div>
    </div>
  );
}

function Number({ name, value, note, href, bad = false }: { name: string; value: number; note: string; href?: string; bad?: boolean }) {
  const inner = (
    <>
      <span className="muted">{name}</span>
      <strong className={bad ? "bad" : undefined}>{value.toLocaleString("en")}</strong>
      <span className="muted note">{note}</span>
    </>
  );
  return href ? (
    <Link href={href} className="panel number-tile">
      {inner}
    </Link>
  ) : (
    <div className="panel number-tile">{inner}</div>
  );
}
