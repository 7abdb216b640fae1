import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { type Flow, flows } from "../../api/queries";
import { useTitle } from "../../app/useTitle";
import { Age } from "../../components/Age/Age";
import { Badge } from "../../components/Badge/Badge";
import { Fault, Loading } from "../../components/Fault/Fault";

export default function Flows() {
  useTitle("Flows");
  const list = useQuery(flows);
  const [name, setName] = useState("");
  const found = (list.data ?? []).filter((flow) => flow.name.toLowerCase().includes(name.toLowerCase()));
  return (
    <div className="page">
      <div className="page-head">
        <h1>Flows</h1>
        <input className="input end" style={{ width: 220 }} type="search" placeholder="Name" aria-label="Name contains" value={name} onChange={(event) => setName(event.target.value)} />
      </div>
      <section className="panel">
        {list.error ? (
          <Fault error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <Loading />
        ) : found.length === 0 ? (
          <div className="empty">{name ? "No flow has that in its name." : <>No flows yet. <code>waypost apply DIR</code> brings a folder of them.</>}</div>
        ) : (
          <table className="table">
            <thead>
              <tr>
                <th>Name</th>
                <th className="wide-only">Type</th>
                <th>Published</th>
                <th className="wide-only">Labels</th>
                <th className="number">Changed</th>
              </tr>
            </thead>
            <tbody>
              {found.map((flow) => (
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
                  <td className="wide-only muted">{Object.keys(flow.labels ?? {}).join(", ")}</td>
                  <td className="number muted">
                    <Age at={flow.dateModified} />
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

const isShared = (flow: Flow) => ["shared", "commonmodule"].includes(flow.type.toLowerCase());

export function Published({ flow }: { flow: Flow }) {
  const [published, saved] = [flow.publishedVersion?.version, flow.savedVersion?.version];
  return (
    <>
      {published ? `version ${published}` : <span className="muted">no</span>}{" "}
      {saved !== undefined && saved > (published ?? 0) && <Badge tone="warn">draft {saved}</Badge>} {flow.deprecated && <Badge tone="warn">deprecated</Badge>}
    </>
  );
}
