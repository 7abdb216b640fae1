import type { Interaction } from "../../api/queries";
import "./Badge.css";

type Tone = "neutral" | "good" | "warn" | "bad" | "info" | "accent";

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: React.ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>;
}

const STATES: Record<string, Tone> = { received: "info", running: "info", decided: "neutral", claimed: "warn", completed: "good" };

export function StateBadge({ state }: { state: string }) {
  return <Badge tone={STATES[state] ?? "neutral"}>{state}</Badge>;
}

const DELIVERIES: Record<string, Tone> = { pending: "info", delivered: "good", bounced: "bad", dead: "bad", cancelled: "neutral" };

export function DeliveryBadge({ state }: { state: string }) {
  return <Badge tone={DELIVERIES[state] ?? "neutral"}>{state}</Badge>;
}

const FOUND: Record<string, Tone> = { pass: "good", clean: "good", fail: "bad", spam: "bad", infected: "bad", softfail: "warn", policy: "warn", permerror: "warn", temperror: "warn", timeout: "warn", unavailable: "warn" };

/** What was found out about a mail, in its word. */
export function FoundBadge({ result }: { result: string }) {
  return <Badge tone={FOUND[result] ?? "neutral"}>{result}</Badge>;
}

export function DecisionBadge({ decision }: { decision: Interaction["decision"] }) {
  if (!decision) return <span className="muted">undecided</span>;
  const { kind, queue, addresses, error } = decision;
  if (kind === "queue") return <Badge tone="accent">{queue?.name ?? "a queue that is gone"}</Badge>;
  if (kind === "forward") return <Badge tone="info">forward{addresses?.[0] ? ` to ${addresses[0]}` : ""}{(addresses?.length ?? 0) > 1 ? "…" : ""}</Badge>;
  if (kind === "disconnect") return <Badge>dropped</Badge>;
  // It waits in a queue all the same: that of the route.
  return <Badge tone="bad">{error ? "failed" : "unrouted"}{queue?.name ? `, in ${queue.name}` : ""}</Badge>;
}
