import { Link } from "wouter";
import type { Delivery } from "../../api/queries";
import { Age } from "../Age/Age";
import { DeliveryBadge } from "../Badge/Badge";

export function DeliveryTable({ deliveries, empty = "Nothing was sent on behalf of this mail." }: { deliveries: Delivery[]; empty?: string }) {
  if (deliveries.length === 0) return <div className="empty">{empty}</div>;
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Deliveries">
      <table className="table">
        <thead>
          <tr>
            <th>Kind</th>
            <th>To</th>
            <th>State</th>
            <th className="number wide-only">Attempts</th>
            <th className="wide-only">Last answer</th>
            <th className="number">Made</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((one) => (
            <tr key={one.id}>
              <td>
                <Link href={`/deliveries/${one.id}`} className="main">
                  {one.kind}
                </Link>
              </td>
              <td>{one.target}</td>
              <td>
                <DeliveryBadge state={one.state} />
              </td>
              <td className="number wide-only">{one.attempts}</td>
              <td className="muted wide-only">{why(one)}</td>
              <td className="number muted">
                <Age at={one.createdAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function why(delivery: Delivery): string {
  if (delivery.heldBy) return `held back: ${delivery.heldBy.reason}`;
  return delivery.lastAnswer ?? delivery.notice ?? "";
}
