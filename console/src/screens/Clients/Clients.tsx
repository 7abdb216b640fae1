import type { Schemas } from "../../api/client";
import { KINDS } from "../../api/kinds";
import type { Entity } from "../../api/objects";
import { Age } from "../../components/Age/Age";
import { Badge } from "../../components/Badge/Badge";
import { ObjectList } from "../../components/ObjectList/ObjectList";

export type Client = Entity & Schemas["OAuthClient"];

export const ClientState = ({ state }: { state: string }) => <Badge tone={state === "active" ? "good" : "warn"}>{state}</Badge>;

export default function Clients() {
  return (
    <div className="page">
      <ObjectList<Client>
        kind={KINDS.client}
        columns={[
          { head: "State", cell: (one) => <><ClientState state={one.state} /> {one.person && <Badge>person</Badge>}</> },
          { head: "Scopes", cell: (one) => one.scope.join(", ") },
          { head: "Description", wide: true, cell: (one) => <span className="muted">{one.description}</span> },
          { head: "Created", wide: true, number: true, cell: (one) => <Age at={one.dateCreated} /> },
        ]}
        empty="No client."
      />
    </div>
  );
}
