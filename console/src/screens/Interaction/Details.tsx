import { Link } from "wouter";
import type { Interaction } from "../../api/queries";
import { Findings } from "./Findings";

/** All that is known of an interaction beside its mail and its runs. */
export function Details({ interaction: one }: { interaction: Interaction }) {
  const attributes = Object.entries(one.attributes ?? {});
  const decision = one.decision;
  const error = decision?.error as { code?: string; message?: string; nodeId?: string; flowName?: string } | undefined;
  const facts: [string, React.ReactNode][] = [
    ["Id", <code key="id">{one.id}</code>],
    ["Message-ID", one.messageId && <code key="m">{one.messageId}</code>],
    ["Received", `${new Date(one.receivedAt).toLocaleString()} from ${one.envelope.remote}`],
    ["Flow", one.flow && <Link key="f" href={`/flows/${one.flow.id}?version=${one.flow.version}`}>{one.flow.name ?? one.flow.id} version {one.flow.version}</Link>],
    ["Queue", decision?.queue && <Link key="q" href={`/queues/${decision.queue.id}`}>{decision.queue.name ?? decision.queue.id}</Link>],
    ["In the queue since", one.queuedAt && new Date(one.queuedAt).toLocaleString()],
    ["Priority", decision && String(decision.priority)],
    ["Skills", decision?.skills?.join(", ")],
    ["Language", decision?.language],
    ["Addresses", decision?.addresses?.join(", ")],
    ["Reason", decision?.reason],
    ["Outcome", decision?.outcome],
    ["Error", error && <span key="e">{error.message} <code>{error.code}</code>{error.nodeId && ` in ${error.flowName ?? "the flow"}, node ${error.nodeId}`}</span>],
    ["Duplicates", one.duplicates ? `${one.duplicates}${one.duplicatesReason ? `: ${one.duplicatesReason}` : ""}` : undefined],
    ["Possible duplicate of", one.possibleDuplicateOf && <Link key="d" href={`/interactions/${one.possibleDuplicateOf}`}>{one.possibleDuplicateOf}</Link>],
  ];
  return (
    <>
      <Findings interaction={one} />
      <div className="panel">
        <dl className="facts">
          {facts.map(([name, value]) =>
            value ? (
              <div key={name} style={{ display: "contents" }}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ) : null,
          )}
          {attributes.map(([name, value]) => (
            <div key={`attribute ${name}`} style={{ display: "contents" }}>
              <dt>Attribute <code>{name}</code></dt>
              <dd className="mono">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </>
  );
}
