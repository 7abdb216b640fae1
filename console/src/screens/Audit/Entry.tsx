import { Link } from "wouter";
import type { AuditEntry } from "../../api/audit";
import { hrefOf } from "../../api/kinds";
import { Age } from "../../components/Age/Age";
import { Badge } from "../../components/Badge/Badge";
import { changes, versionsOf } from "./changes";

/** Where the difference itself is shown: a flow's versions, a table's rows. */
function More({ one }: { one: AuditEntry }) {
  const versions = versionsOf(one);
  if (!versions) return null;
  return (
    <>
      {" "}
      <Link href={versions.href}>{versions.name}</Link>
    </>
  );
}

/** One change: who did what to what, and what it said before and after. */
export function Entry({ one, onFilter }: { one: AuditEntry; onFilter: (name: string, value: string) => void }) {
  const href = hrefOf(one.entityKind, one.entityId, one.entityName);
  const name = one.entityName || one.entityId;
  const found = changes(one.before, one.after);
  return (
    <li>
      <div className="audit-line">
        <span className="muted audit-when">
          <Age at={one.at} />
        </span>
        <span className="audit-what">
          <button className="link" title="Only what this client did" onClick={() => onFilter("actor", one.actor)}>
            {one.actorName ?? one.actor}
          </button>{" "}
          {one.action} <Badge>{one.entityKind}</Badge> {href ? <Link href={href}>{name}</Link> : name}
          <More one={one} />
          {one.note && <span className="muted"> “{one.note}”</span>}
        </span>
        <button className="link muted wide-only" onClick={() => onFilter("entityId", one.entityId)}>
          History
        </button>
      </div>
      {found.length > 0 && (
        <details className="audit-changes">
          <summary>
            {found.length} {found.length === 1 ? "member" : "members"}: {found.slice(0, 5).map((change) => change.path).join(", ")}
            {found.length > 5 && "…"}
          </summary>
          <table className="table">
            <tbody>
              {found.map((change) => (
                <tr key={change.path}>
                  <td className="mono">{change.path}</td>
                  <td>{change.before !== undefined && <del>{change.before}</del>}</td>
                  <td>{change.after !== undefined && <ins>{change.after}</ins>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </li>
  );
}
