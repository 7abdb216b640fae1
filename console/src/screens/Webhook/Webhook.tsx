import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { call } from "../../api/client";
import { deliveryPages } from "../../api/deliveries";
import { KINDS } from "../../api/kinds";
import { useMay } from "../../app/session";
import { Age } from "../../components/Age/Age";
import { Badge } from "../../components/Badge/Badge";
import { Confirm } from "../../components/Confirm/Confirm";
import { DeliveryTable } from "../../components/DeliveryTable/DeliveryTable";
import { Fault, Loading } from "../../components/Fault/Fault";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";
import { Once } from "../../components/Once/Once";
import { Listens, type Webhook } from "../Webhooks/Webhooks";

export default function WebhookScreen({ id }: { id: string }) {
  const [shown, show] = useState<Webhook>();
  const seesMail = useMay("email:read");
  return (
    <>
      <ObjectPage<Webhook>
        kind={KINDS.webhook}
        id={id}
        leave={["events"]}
        badges={(one) => <Badge tone={one.state === "enabled" ? "good" : "warn"}>{one.state}</Badge>}
        actions={(one) => (
          <Confirm label="Rotate secret" danger={false} title={`Rotate the secret of ${one.name}?`} action="Rotate it" run={async () => show(await call<Webhook>(`/webhooks/${id}/rotate-secret`, { method: "POST", body: {} }))}>
            Requests are signed with both secrets for a day, then with the new one alone.
          </Confirm>
        )}
        deleting="What is still on its way to it becomes a dead letter. A webhook that a flow or queue names stays."
        after={() => seesMail && <Recent id={id} />}
      >
        {(one) => (
          <p className="page-line">
            <span>
              listens to <Listens events={one.events} />
            </span>
            <span className="muted">
              secret set <Age at={one.dateSecretRotated} />
              {one.previousSecretUntil && <>, the one before signs until {new Date(one.previousSecretUntil).toLocaleString()}</>}
            </span>
          </p>
        )}
      </ObjectPage>
      <Once secret={shown?.secret ?? undefined} of={shown?.name ?? ""} onClose={() => show(undefined)} />
    </>
  );
}

function Recent({ id }: { id: string }) {
  const list = useInfiniteQuery(deliveryPages({ target: id }));
  return (
    <section className="panel">
      <header>
        <h2>Recent deliveries</h2>
        <Link href={`/deliveries?target=${id}`}>All</Link>
      </header>
      {list.data ? <DeliveryTable deliveries={list.data.pages[0]?.entities.slice(0, 10) ?? []} empty="Nothing was sent to it yet." /> : list.error ? <Fault error={list.error} /> : <Loading />}
    </section>
  );
}
