import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { claimNext, heldClaim, keepClaim } from "../../api/claim";
import { KINDS } from "../../api/kinds";
import { interactions, queues } from "../../api/queries";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Age } from "../../components/Age/Age";
import { Fault, Loading } from "../../components/Fault/Fault";
import { InteractionTable } from "../../components/InteractionTable/InteractionTable";
import { useKeys } from "../../components/Shortcuts/keys";
import { duration } from "../../components/QueueTable/QueueTable";
import { UsedBy } from "../../components/UsedBy/UsedBy";

export default function Queue({ id }: { id: string }) {
  const list = useQuery(queues);
  const seesMail = useMay("email:read");
  const works = useMay("email:write");
  const changes = useMay("routing:write");
  const [, go] = useLocation();
  const held = heldClaim();
  const claim = useMutation({
    mutationFn: async () => held ?? (await claimNext(id)) ?? null,
    onSuccess: (claimed) => {
      if (!claimed) return;
      keepClaim(claimed);
      go(`/interactions/${claimed.interactionId}/mail`);
    },
  });
  useKeys("This queue", works ? [{ keys: "n", label: held ? "Go on with what you claimed" : "Claim the next", run: () => claim.mutate() }] : []);
  const queue = list.data?.find((one) => one.id === id);
  useTitle(queue?.name ?? "Queue");
  const waiting = useInfiniteQuery({ ...interactions({ queue: id, state: "waiting" }), enabled: seesMail });
  if (list.error) return <Fault error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading />;
  if (!queue) return <div className="page"><h1>There is no such queue</h1></div>;
  return (
    <div className="page">
      <div className="page-head">
        <Link href="/queues" className="muted">
          Queues
        </Link>
        <span className="muted" aria-hidden="true">/</span>
        <h1>{queue.name}</h1>
        {changes && (
          <Link href={`/queues/${id}/edit`} className="button quiet">
            Settings
          </Link>
        )}
        {works && (
          <span className="end">
            {claim.data === null && <span className="muted" role="status">Nothing can be claimed now. </span>}
            {claim.error && <span role="alert">{claim.error.message} </span>}
            <button className="button primary" disabled={claim.isPending} onClick={() => claim.mutate()}>
              {held ? "Go on with what you claimed" : "Claim the next"}
            </button>
          </span>
        )}
      </div>
      <p className="page-line">
        <span>
          <strong>{queue.waiting ?? 0}</strong> waiting
        </span>
        {queue.oldestWaitingAt && (
          <span>
            the oldest for <Age at={queue.oldestWaitingAt} suffix="" />
          </span>
        )}
        {queue.serviceLevel && (
          <span className={queue.overServiceLevel ? "late" : "muted"}>
            {queue.overServiceLevel ?? 0} over the service level of {duration(queue.serviceLevel)}
          </span>
        )}
      </p>
      <section className="panel">
        <header>
          <h2>Waiting, newest first</h2>
        </header>
        {!seesMail ? (
          <div className="empty">Seeing the mail needs the scope email:read.</div>
        ) : waiting.error ? (
          <Fault error={waiting.error} />
        ) : waiting.data ? (
          <InteractionTable interactions={waiting.data.pages.flatMap((page) => page.entities)} since="queuedAt" empty="Nothing waits in this queue." />
        ) : (
          <Loading />
        )}
        {waiting.hasNextPage && (
          <div className="empty">
            <button className="button" onClick={() => void waiting.fetchNextPage()}>
              Show more
            </button>
          </div>
        )}
      </section>
      <UsedBy kind={KINDS.queue} id={id} />
    </div>
  );
}
