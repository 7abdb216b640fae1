import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { cancel, delivery, retry } from "../../api/deliveries";
import type { Delivery } from "../../api/queries";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Age } from "../../components/Age/Age";
import { DeliveryBadge } from "../../components/Badge/Badge";
import { Confirm } from "../../components/Confirm/Confirm";
import { Fact } from "../../components/Facts/Facts";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Refusal } from "../../components/Refusal/Refusal";
import { toast } from "../../components/Toasts/toast";
import "../Deliveries/Deliveries.css";
import { Content } from "./Content";

export default function DeliveryScreen({ id }: { id: string }) {
  const found = useQuery(delivery(id));
  const client = useQueryClient();
  const retries = useMutation({
    mutationFn: () => retry(id),
    onSuccess: (one) => {
      toast(one.notice ?? "Delivery is due now");
      void client.invalidateQueries();
    },
  });
  const writes = useMay("email:write");
  useTitle(found.data ? `${found.data.kind} to ${found.data.target}` : "Delivery");
  if (found.error && !found.data) return <Fault error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Loading />;
  const one = found.data;
  const ended = ["delivered", "cancelled"].includes(one.state);
  return (
    <div className="page">
      <div className="page-head">
        <Link href="/deliveries" className="muted">
          Deliveries
        </Link>
        <span className="muted" aria-hidden="true">
          /
        </span>
        <h1>
          {one.kind} to {one.target}
        </h1>
        <DeliveryBadge state={one.state} />
        {writes && !ended && (
          <span className="end row">
            <button className="button primary" disabled={retries.isPending} onClick={() => retries.mutate()}>
              Retry now
            </button>
            <Confirm
              label="Cancel it"
              title="Cancel this delivery?"
              action="Cancel it"
              run={async () => {
                await cancel(id);
                toast("Delivery cancelled");
                await client.invalidateQueries();
              }}
            >
              It is never sent, and can't be retried.
            </Confirm>
          </span>
        )}
      </div>
      {retries.error && <Refusal error={retries.error} />}
      <section className="panel">
        <Told one={one} />
      </section>
      <Content one={one} />
    </div>
  );
}

function Told({ one }: { one: Delivery }) {
  const when = (name: string, at: string | null | undefined, suffix?: string) =>
    at ? (
      <Fact name={name}>
        {new Date(at).toLocaleString()} <span className="muted">{suffix ?? <Age at={at} />}</span>
      </Fact>
    ) : null;
  const { place } = one;
  return (
    <dl className="facts">
      {one.heldBy && (
        <Fact name="Held back">
          {one.heldBy.reason} <span className="muted">({one.heldBy.rule})</span>
        </Fact>
      )}
      {one.notice && <Fact name="Notice">{one.notice}</Fact>}
      <Fact name="Last answer">{one.lastAnswer ?? <span className="muted">none</span>}</Fact>
      <Fact name="Attempts">{one.attempts}</Fact>
      {when("Next attempt", one.nextAttemptAt, "")}
      {when("Created", one.createdAt)}
      {when("Ended", one.endedAt)}
      <Fact name="For">
        <Link href={`/interactions/${one.interactionId}`}>the interaction</Link>
        {one.run ? `, run ${one.run}` : ""}
      </Fact>
      {place && (
        <Fact name="Asked for by">
          <Link href={`/flows/${place.flowId}${place.version ? `?version=${place.version}` : ""}`}>{place.flowName ?? "a flow that is gone"}</Link> {place.nodeId && <code>{place.nodeId}</code>}
        </Fact>
      )}
      {one.event && <Fact name="Event">{one.event}</Fact>}
      {one.messageId && (
        <Fact name="Message-ID">
          <code>{one.messageId}</code>
        </Fact>
      )}
    </dl>
  );
}
