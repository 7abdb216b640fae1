import { Link } from "wouter";
import { KINDS } from "../../api/kinds";
import type { Schemas } from "../../api/client";
import type { Entity } from "../../api/objects";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";
import { Target } from "../Domain/Domain";

type Route = Entity & Schemas["Route"];

export default function RouteScreen({ domain, id }: { domain: string; id: string }) {
  return (
    <ObjectPage<Route>
      kind={KINDS.route}
      id={id}
      parent={domain}
      above={[
        { name: "Domains", href: "/domains" },
        { name: domain, href: `/domains/${domain}` },
      ]}
      nameOf={(route) => `${route.pattern}@${domain}`}
      leave={["flow", "queue"]}
      deleting="Mail for it goes by the next route that fits, or is refused."
    >
      {(route) => (
        <p className="page-line">
          <span>
            goes to <Target route={route} />
          </span>
          {!route.pattern.includes("*") && <Link href={`/interactions?to=${encodeURIComponent(`${route.pattern}@${domain}`)}`}>Its mail</Link>}
        </p>
      )}
    </ObjectPage>
  );
}
