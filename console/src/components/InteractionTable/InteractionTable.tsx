import { Link } from "wouter";
import type { Interaction } from "../../api/queries";
import { Age } from "../Age/Age";
import { DecisionBadge, StateBadge } from "../Badge/Badge";
import "./InteractionTable.css";

export function InteractionTable({ interactions, empty, since = "receivedAt" }: { interactions: Interaction[]; empty: React.ReactNode; since?: "receivedAt" | "queuedAt" }) {
  if (interactions.length === 0) return <div className="empty">{empty}</div>;
  return (
    <table className="table interactions">
      <thead>
        <tr>
          <th>Subject</th>
          <th className="wide-only">From</th>
          <th className="wide-only">To</th>
          <th>Decision</th>
          <th className="wide-only">State</th>
          <th className="number">{since === "queuedAt" ? "Waiting" : "Received"}</th>
        </tr>
      </thead>
      <tbody>
        {interactions.map((one) => (
          <tr key={one.id}>
            <td className="subject">
              <Link href={`/interactions/${one.id}`} className="main">
                {one.erased ? "(erased)" : one.subject || "(no subject)"}
              </Link>
              {one.duplicates ? <span className="muted"> · {one.duplicates} duplicate{one.duplicates > 1 && "s"}</span> : null}
            </td>
            <td className="wide-only address">{one.envelope.from || "<>"}</td>
            <td className="wide-only address">{one.envelope.to}</td>
            <td className="decision-cell">
              <DecisionBadge decision={one.decision} />
            </td>
            <td className="wide-only">
              <StateBadge state={one.state} />
            </td>
            <td className={one.overServiceLevel ? "number late" : "number muted"}>
              <Age at={(since === "queuedAt" && one.queuedAt) || one.receivedAt} suffix={since === "queuedAt" ? "" : " ago"} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
