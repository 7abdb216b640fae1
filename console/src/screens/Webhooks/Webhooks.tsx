import type { Schemas } from "../../api/client";
import { KINDS } from "../../api/kinds";
import type { Entity } from "../../api/objects";
import { Badge } from "../../components/Badge/Badge";
import { ObjectList } from "../../components/ObjectList/ObjectList";

export type Webhook = Entity & Schemas["Webhook"];

export const Listens = ({ events }: { events: string[] | undefined }) => ((events?.length ?? 0) > 0 ? events?.join(", ") : <span className="muted">nothing: flows and queues alone send to it</span>);

export default function Webhooks() {
  return (
    <div className="page">
      <ObjectList<Webhook>
        kind={KINDS.webhook}
        columns={[
          { head: "State", cell: (one) => <Badge tone={one.state === "enabled" ? "good" : "warn"}>{one.state}</Badge> },
          { head: "URL", cell: (one) => one.url },
          { head: "Listens to", wide: true, cell: (one) => <Listens events={one.events} /> },
        ]}
        empty="No webhook yet. Make one to be told by HTTP what happens, or to let flows and queues send work to another system."
      />
    </div>
  );
}
