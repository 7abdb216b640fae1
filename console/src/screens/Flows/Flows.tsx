import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useSearchParams } from "wouter";
import { isShared } from "../../api/flowTypes";
import { type Flow, type FlowHealth, flowHealth, flows } from "../../api/queries";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Age } from "../../components/Age/Age";
import { Badge } from "../../components/Badge/Badge";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Live } from "../../components/Live/Live";
import { type Order, rowsOf, type Which } from "./rows";
import "./Flows.css";

const WHICH: Record<Which, string> = { all: "All", errors: "With errors", drafts: "With drafts" };

/** All flows with how they do. What is shown, and in which order, is in the address. */
export default function Flows() {
  useTitle("Flows");
  const list = useQuery(flows);
  const mayWrite = useMay("flow:write");
  // Without it the list is a list all the same.
  const health = useQuery(flowHealth);
  const [search, setSearch] = useSearchParams();
  const name = search.get("name") ?? "";
  const which = (search.get("which") ?? "all") as Which;
  const order = (search.get("order") ?? "name") as Order;
  const put = (member: string, value: string) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (value) after.set(member, value);
        else after.delete(member);
        return after;
      },
      { replace: true },
    );
  const rows = useMemo(() => rowsOf(list.data ?? [], health.data ?? [], { name, which, order }), [list.data, health.data, name, which, order]);
  const head = (by: Order, text: string, className?: string) => (
    <th className={className} aria-sort={order === by ? (by === "name" ? "ascending" : "descending") : undefined}>
      <button className="sort" onClick={() => put("order", by === "name" ? "" : by)}>
        {text}
        {order === by && <span aria-hidden="true">{by === "name" ? " ↑" : " ↓"}</span>}
      </button>
    </th>
  );
  return (
    <div className="page">
      <div className="page-head">
        <h1>Flows</h1>
        <span className="end tools">
          <span role="group" aria-label="Which flows" className="switch">
            {Object.entries(WHICH).map(([value, text]) => (
              <button key={value} aria-pressed={which === value} onClick={() => put("which", value === "all" ? "" : value)}>
                {text}
              </button>
            ))}
          </span>
          <input className="input flows-name" type="search" placeholder="Name" aria-label="Name contains" value={name} onChange={(event) => put("name", event.target.value)} />
          {mayWrite && (
            <Link href="/flows/new" className="button primary">
              New flow
            </Link>
          )}
          <Live />
        </span>
      </div>
      <section className="panel">
        {list.error ? (
          <Fault error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <Loading />
        ) : rows.length === 0 ? (
          <div className="empty">
            {list.data.length === 0 ? (
              <>No flows yet. Make one, or bring a folder of them by <code>waypost apply DIR</code>.</>
            ) : which === "errors" && !name ? (
              "No flow failed within the last day."
            ) : which === "drafts" && !name ? (
              "No flow has a draft: everything that was saved is published."
            ) : (
              "No flow matches."
            )}
          </div>
        ) : (
          <table className="table flows">
            <thead>
              <tr>
                {head("name", "Name")}
                <th className="wide-only">Type</th>
                <th>Published</th>
                {head("runs", "Runs, 24 h", "number")}
                {head("failed", "Errors", "number")}
                {head("changed", "Last change", "wide-only")}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ flow, health }) => (
                <tr key={flow.id}>
                  <td>
                    <Link href={`/flows/${flow.id}`} className="main">
                      {flow.name}
                    </Link>
                    {flow.description && <div className="muted wide-only">{flow.description}</div>}
                  </td>
                  <td className="wide-only">{isShared(flow) ? <Badge tone="info">shared</Badge> : <Badge>email</Badge>}</td>
                  <td>
                    <Published flow={flow} />
                  </td>
                  <td className="number">
                    <Count value={isShared(flow) ? undefined : health?.runs} href={`/interactions?flowId=${flow.id}${sinceOf(health)}`} />
                  </td>
                  <td className="number">
                    <Count value={isShared(flow) ? undefined : health?.failed} bad href={`/interactions?flowId=${flow.id}&decision=unrouted${sinceOf(health)}`} />
                  </td>
                  <td className="wide-only last-change">
                    <LastChange flow={flow} health={health} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
}

const sinceOf = (health: FlowHealth | undefined) => (health?.since ? `&since=${encodeURIComponent(health.since)}` : "");

/** A run is counted at its route's flow: for a shared flow there is nothing to count. */
function Count({ value, href, bad = false }: { value: number | null | undefined; href: string; bad?: boolean }) {
  if (value == null) return <span className="muted">–</span>;
  if (value === 0) return <span className="muted">0</span>;
  return (
    <Link href={href} className={bad ? "late" : undefined}>
      {value.toLocaleString("en")}
    </Link>
  );
}

function Published({ flow }: { flow: Flow }) {
  const [published, saved] = [flow.publishedVersion?.version, flow.savedVersion?.version];
  const draft = saved !== undefined && saved > (published ?? 0);
  return (
    <>
      {published ? `version ${published}` : <span className="muted">no</span>}{" "}
      {draft && published && (
        <Link href={`/flows/${flow.id}/diff?from=${published}&to=${saved}`} aria-label={`draft ${saved}: what it changes`}>
          <Badge tone="warn">draft {saved}</Badge>
        </Link>
      )}
      {draft && !published && <Badge tone="warn">draft {saved}</Badge>} {flow.deprecated && <Badge tone="warn">deprecated</Badge>}{" "}
      {Object.keys(flow.labels ?? {}).map((label) => (
        <Badge key={label}>{label}</Badge>
      ))}
    </>
  );
}

function LastChange({ flow, health }: { flow: Flow; health: FlowHealth | undefined }) {
  const change = health?.lastChange;
  if (!change) return <span className="muted"><Age at={flow.dateModified} /></span>;
  return (
    <>
      {change.kind} {change.version !== undefined && <>version {change.version} </>}
      <span className="muted">
        <Age at={change.at} />
        {change.by && <> by {change.by}</>}
      </span>
      {change.note && <div className="muted">{change.note}</div>}
    </>
  );
}
