import { Tabs } from "@base-ui/react/tabs";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, useSearch } from "wouter";
import * as queries from "../../api/queries";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Age } from "../../components/Age/Age";
import { DecisionBadge, StateBadge } from "../../components/Badge/Badge";
import { DeliveryTable } from "../../components/DeliveryTable/DeliveryTable";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Prose } from "../../components/Form/Field";
import { Part, part } from "../../components/Part/Part";
import { WorkBar } from "../../components/WorkBar/WorkBar";
import { HeaderList } from "../../components/HeaderList/HeaderList";
import { Details } from "./Details";
import { Mail } from "./Mail";
import { Thread } from "./Thread";
import "./Interaction.css";

const RunView = part(() => import("./RunView"));

const TABS = { run: "Run", mail: "Mail", headers: "Headers", thread: "Thread", deliveries: "Deliveries", details: "Details" };

export default function Interaction({ id, tab }: { id: string; tab: string }) {
  const [, go] = useLocation();
  const search = useSearch();
  const found = useQuery(queries.interaction(id));
  const deliveries = useQuery(queries.deliveries(id));
  const works = useMay("email:write");
  useTitle(found.data?.subject ?? "Interaction");
  // What is there stays there while the server is away: somebody may be writing a reply.
  if (!found.data) return found.error ? <Fault error={found.error} retry={() => void found.refetch()} /> : <Loading />;
  const one = found.data;
  const sent = deliveries.data?.entities.length ?? 0;
  return (
    <div className="page interaction">
      <div className="page-head">
        <Link href="/interactions" className="muted">
          Interactions
        </Link>
        <span className="muted" aria-hidden="true">/</span>
        <h1>{one.erased ? "(erased)" : one.subject || "(no subject)"}</h1>
      </div>
      <p className="page-line">
        <span>
          {one.envelope.from || "<>"} <span className="muted">to</span> {one.envelope.to}
        </span>
        <Age at={one.receivedAt} />
        <StateBadge state={one.state} />
        <DecisionBadge decision={one.decision} />
        {one.decision?.priority ? <span className="muted">priority {one.decision.priority}</span> : null}
      </p>
      <Cause decision={one.decision} />
      {works && <WorkBar interactionId={id} />}
      <Tabs.Root value={tab} onValueChange={(to: string) => go(`/interactions/${id}${to === "run" ? "" : `/${to}`}${to === "run" && search ? `?${search}` : ""}`)}>
        <Tabs.List className="tabs" aria-label="Views of the interaction">
          {Object.entries(TABS).map(([value, name]) => (
            <Tabs.Tab key={value} value={value} className="tab">
              {name}
              {value === "thread" && (one.thread?.position ?? 1) > 1 && <span className="count">{one.thread?.position}</span>}
              {value === "deliveries" && sent > 0 && <span className="count">{sent}</span>}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="run" className="tab-panel">
          <Part fallback={<Loading />}>
            <RunView interaction={one} />
          </Part>
        </Tabs.Panel>
        <Tabs.Panel value="mail" className="tab-panel">
          <Mail id={id} erased={one.erased ?? false} />
        </Tabs.Panel>
        <Tabs.Panel value="headers" className="tab-panel">
          <Headers id={id} erased={one.erased ?? false} />
        </Tabs.Panel>
        <Tabs.Panel value="thread" className="tab-panel">
          <Thread interaction={one} />
        </Tabs.Panel>
        <Tabs.Panel value="deliveries" className="tab-panel">
          <div className="panel">
            {deliveries.error ? <Fault error={deliveries.error} /> : deliveries.data ? <DeliveryTable deliveries={deliveries.data.entities} /> : <Loading />}
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="details" className="tab-panel">
          <Details interaction={one} />
        </Tabs.Panel>
      </Tabs.Root>
    </div>
  );
}

/** Why a run failed, on every tab: it is what people come for. */
function Cause({ decision }: { decision: queries.Interaction["decision"] }) {
  const error = decision?.error as { message?: string; nodeId?: string; flowName?: string } | undefined;
  if (!error?.message) return null;
  return (
    <p className="page-line late">
      <span>
        <Prose text={error.message} />
        {error.nodeId && ` (${error.flowName ?? "the flow"}, node ${error.nodeId})`}
      </span>
    </p>
  );
}

function Headers({ id, erased }: { id: string; erased: boolean }) {
  const head = useQuery({ ...queries.headers(id), enabled: !erased });
  if (erased) return <div className="panel empty">The message was erased.</div>;
  if (head.error) return <Fault error={head.error} />;
  return <div className="panel">{head.data === undefined ? <Loading /> : <HeaderList head={head.data} />}</div>;
}
