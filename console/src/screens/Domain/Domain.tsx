import { Link } from "wouter";
import { KINDS } from "../../api/kinds";
import type { Entity } from "../../api/objects";
import type { Schemas } from "../../api/client";
import { Badge } from "../../components/Badge/Badge";
import { ObjectList } from "../../components/ObjectList/ObjectList";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";

type Route = Entity & Schemas["Route"];

export default function Domain({ id }: { id: string }) {
  return (
    <ObjectPage
      kind={KINDS.domain}
      id={id}
      leave={["id"]}
      deleting="Mail for it is refused from then on. A domain that has routes stays."
      after={() => (
        <ObjectList<Route>
          kind={KINDS.route}
          parent={id}
          heading="h2"
          nameOf={(route) => `${route.pattern}@${id}`}
          columns={[
            { head: "Goes to", cell: (route) => <Target route={route} /> },
            { head: "Priority", wide: true, number: true, cell: (route) => route.priority },
            { head: "Replies are from", wide: true, cell: (route) => route.fromName ?? <span className="muted">the address alone</span> },
          ]}
          empty="No route yet: mail for this domain is refused. Make one; * takes every address."
        />
      )}
    />
  );
}

export function Target({ route }: { route: Pick<Route, "flow" | "queue"> }) {
  const { flow, queue } = route;
  if (flow) return <Link href={`/flows/${flow.id}`}>{flow.name ?? flow.id}</Link>;
  if (!queue) return <span className="muted">–</span>;
  return (
    <>
      <Link href={`/queues/${queue.id}`}>{queue.name ?? queue.id}</Link> <Badge>queue</Badge>
    </>
  );
}
