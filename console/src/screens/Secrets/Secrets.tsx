import type { Schemas } from "../../api/client";
import { KINDS } from "../../api/kinds";
import type { Entity } from "../../api/objects";
import { Age } from "../../components/Age/Age";
import { Badge } from "../../components/Badge/Badge";
import { ObjectList } from "../../components/ObjectList/ObjectList";

export type Secret = Entity & Schemas["Secret"];

export default function Secrets() {
  return (
    <div className="page">
      <ObjectList<Secret>
        kind={KINDS.secret}
        columns={[
          { head: "Hosts that may be shown it", cell: (one) => one.hosts.join(", ") },
          { head: "Value set", number: true, cell: (one) => (one.dateValueSet ? <Age at={one.dateValueSet} /> : <Badge tone="bad">set it again</Badge>) },
        ]}
        empty="No secret yet. Make one for a password or token that a mailbox or a data action names."
      />
    </div>
  );
}
