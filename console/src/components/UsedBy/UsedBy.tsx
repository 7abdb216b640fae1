import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { hrefOf, type Kind } from "../../api/kinds";
import { usedBy } from "../../api/objects";
import { usersOf } from "../../api/users";
import { Badge } from "../Badge/Badge";
import { Fault, Loading } from "../Fault/Fault";

/** What uses an object, each with where it does. */
export function UsedBy({ kind, id }: { kind: Kind; id: string }) {
  const found = useQuery(usedBy(kind, id));
  const { withheld = [] } = found.data ?? {};
  const users = usersOf(found.data ?? {}, id);
  return (
    <section className="panel">
      <header>
        <h2>Used by</h2>
      </header>
      {found.error ? (
        <Fault error={found.error} />
      ) : found.isPending ? (
        <Loading />
      ) : users.length === 0 ? (
        <div className="empty">Nothing uses it{withheld.length > 0 ? `, as far as the scopes of this session show: it lacks ${withheld.join(", ")}` : "; it can be deleted"}.</div>
      ) : (
        <table className="table">
          <tbody>
            {users.map(({ node: one, uses, perhaps }) => {
              const href = hrefOf(one.kind, one.id, one.name);
              return (
                <tr key={one.id}>
                  <td>
                    {href ? (
                      <Link href={href} className="main">
                        {one.name}
                      </Link>
                    ) : (
                      one.name
                    )}{" "}
                    <Badge>{one.kind}</Badge>
                  </td>
                  <td className="muted">
                    {[...new Set(uses.map((edge) => edge.kind))].join(", ")}
                    {perhaps && ", perhaps: the flow decides at run time"}
                  </td>
                  <td className="wide-only muted mono">{[...new Set(uses.flatMap((edge) => edge.path ?? []))].slice(0, 4).join(", ")}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}
