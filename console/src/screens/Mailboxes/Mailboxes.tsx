import type { Schemas } from "../../api/client";
import { KINDS } from "../../api/kinds";
import type { Entity } from "../../api/objects";
import { Age } from "../../components/Age/Age";
import { Badge } from "../../components/Badge/Badge";
import { ObjectList } from "../../components/ObjectList/ObjectList";

export type Mailbox = Entity & Schemas["Mailbox"];

const TONES = { ok: "good", failing: "bad", silent: "bad", starting: "info" } as const;

export function Health({ health }: { health: Mailbox["health"] }) {
  if (!health) return <span className="muted">–</span>;
  const tone = TONES[health.status as keyof typeof TONES] ?? "neutral";
  return (
    <>
      <Badge tone={tone}>{health.status}</Badge>
      {health.setAside > 0 && (
        <>
          {" "}
          <Badge tone="warn">{health.setAside} set aside</Badge>
        </>
      )}
    </>
  );
}

export default function Mailboxes() {
  return (
    <div className="page">
      <ObjectList<Mailbox>
        kind={KINDS.mailbox}
        columns={[
          { head: "Health", cell: (one) => <Health health={one.health} /> },
          { head: "Server", wide: true, cell: (one) => `${one.user} at ${one.host}` },
          { head: "Route", wide: true, cell: (one) => one.route },
          { head: "Last mail", number: true, cell: (one) => (one.health?.lastMailAt ? <Age at={one.health.lastMailAt} /> : <span className="muted">–</span>) },
        ]}
        empty="No mailbox yet. Mail also comes by SMTP; a mailbox is for mail that is delivered elsewhere first."
      />
    </div>
  );
}
