import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useSearchParams } from "wouter";
import type { Schemas } from "../../api/client";
import { isShared } from "../../api/flowTypes";
import { hrefOf } from "../../api/kinds";
import * as queries from "../../api/queries";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Badge } from "../../components/Badge/Badge";
import { Fault, Loading } from "../../components/Fault/Fault";
import { FlowCanvas } from "../../components/FlowCanvas/FlowCanvas";
import { FLOWS, Trail } from "../../components/Trail/Trail";
import { modelOf } from "../../graph/model";
import { Delete } from "./Delete";
import { Describe } from "./Describe";
import "./Flow.css";

export default function Flow({ id }: { id: string }) {
  const [search, setSearch] = useSearchParams();
  const flow = useQuery(queries.flow(id));
  const versions = useQuery(queries.versions(id));
  const seesMail = useMay("email:read");
  const mayWrite = useMay("flow:write");
  const describing = search.has("rename");
  const describe = (opens: boolean) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (opens) after.set("rename", "");
        else after.delete("rename");
        return after;
      },
      { replace: true },
    );
  const one = flow.data;
  useTitle(one?.name ?? "Flow");
  const wanted = Number(search.get("version")) || (one?.publishedVersion ?? one?.savedVersion)?.version || 0;
  if (flow.error) return <Fault error={flow.error} retry={() => void flow.refetch()} />;
  if (!one) return <Loading />;
  return (
    <div className="page">
      <div className="page-head">
        <Trail to={[FLOWS]} />
        <h1>{one.name}</h1>
        {isShared(one) && <Badge tone="info">shared</Badge>}
        {one.deleted && <Badge tone="bad">deleted</Badge>}
        {one.deprecated && <Badge tone="warn">deprecated: {one.deprecated}</Badge>}
        <span className="end tools">
          <Link href={`/map?focus=flow:${id}&show=related`}>On the map</Link>
          {(versions.data?.length ?? 0) > 1 && <Link href={`/flows/${id}/diff?from=${comparedTo(wanted, one)}&to=${wanted}`}>Compare</Link>}
          {(versions.data?.length ?? 0) > 0 && (
            <select className="input" style={{ width: "auto" }} aria-label="Version" value={wanted} onChange={(event) => setSearch({ version: event.target.value })}>
              {versions.data?.map((version) => (
                <option key={version.version} value={version.version}>
                  Version {version.version}
                  {describeVersion(version, one)}
                </option>
              ))}
            </select>
          )}
          {mayWrite && !one.deleted && wanted > 0 && wanted !== one.publishedVersion?.version && (
            <Link href={`/flows/${id}/publish?version=${wanted}`} className="button">
              {wanted < (one.publishedVersion?.version ?? 0) ? "Roll back to it" : "Publish it"}
            </Link>
          )}
          {mayWrite && !one.deleted && (
            <button className="button" aria-expanded={describing} onClick={() => describe(!describing)}>
              Rename
            </button>
          )}
          {mayWrite && !one.deleted && <Delete id={id} name={one.name} />}
          {mayWrite && !one.deleted && (
            <Link href={`/flows/${id}/edit`} className="button primary">
              Edit
            </Link>
          )}
        </span>
      </div>
      {describing && mayWrite && !one.deleted ? <Describe id={id} close={() => describe(false)} /> : one.description && <p className="muted">{one.description}</p>}
      {wanted > 0 ? <Drawn id={id} version={wanted} name={one.name} /> : <div className="panel empty">This flow has no content yet.</div>}
      {!one.deleted && <Related id={id} />}
      {seesMail && (
        <p>
          <Link href={`/interactions?flowId=${id}`}>Interactions that this flow decided last</Link>
        </p>
      )}
    </div>
  );
}

/** The version that one would compare another with: the published one, or the one before. */
function comparedTo(version: number, flow: queries.Flow): number {
  const published = flow.publishedVersion?.version;
  return published && published !== version ? published : Math.max(1, version - 1);
}

function describeVersion(version: queries.FlowVersion, flow: queries.Flow): string {
  const labels = Object.entries(flow.labels ?? {}).filter(([, label]) => label.targets.some((target) => target.version === version.version));
  const published = version.version === flow.publishedVersion?.version ? ", published" : version.version > (flow.publishedVersion?.version ?? 0) ? ", draft" : "";
  return [published, ...labels.map(([name]) => `, ${name}`)].join("");
}

function Drawn({ id, version, name }: { id: string; version: number; name: string }) {
  const document = useQuery(queries.flowDocument(id, version));
  const flows = useMemo(() => (document.data ? [{ key: `${id}@${version}`, name, version, model: modelOf(document.data) }] : []), [document.data, id, version, name]);
  if (document.error) return <Fault error={document.error} />;
  if (!document.data) return <Loading />;
  if (flows[0]?.model.nodes.length === 0) return <div className="panel empty">This version has no nodes: it does nothing.</div>;
  return (
    <div className="panel flow-drawn">
      <FlowCanvas flows={flows} />
      <Interface document={document.data} />
    </div>
  );
}

function Interface({ document }: { document: queries.FlowDocument }) {
  const lists: [string, { name?: string; dataType?: unknown }[]][] = [
    ["Inputs", document.inputs ?? []],
    ["Outputs", document.outputs ?? []],
  ];
  if (lists.every(([, list]) => list.length === 0)) return null;
  return (
    <dl className="facts interface">
      {lists.map(([title, list]) =>
        list.length === 0 ? null : (
          <div key={title} style={{ display: "contents" }}>
            <dt>{title}</dt>
            <dd>
              {list.map((one) => (
                <span key={one.name} className="mono">
                  {one.name} <span className="muted">{String(one.dataType ?? "string")}</span>
                </span>
              ))}
            </dd>
          </div>
        ),
      )}
    </dl>
  );
}

function Related({ id }: { id: string }) {
  const uses = useQuery(queries.related(id, "uses"));
  const usedBy = useQuery(queries.related(id, "usedby"));
  return (
    <div className="related">
      <RelatedList title="Used by" graph={usedBy.data} self={id} />
      <RelatedList title="Uses" graph={uses.data} self={id} />
    </div>
  );
}

function RelatedList({ title, graph, self }: { title: string; graph: Schemas["Graph"] | undefined; self: string }) {
  const others = graph?.nodes.filter((node) => node.id !== self) ?? [];
  return (
    <section className="panel">
      <header>
        <h2>{title}</h2>
      </header>
      {others.length === 0 ? (
        <p className="empty">{graph ? "Nothing." : "Loading…"}</p>
      ) : (
        <ul>
          {others.map((node) => (
            <li key={node.id}>
              <span className="muted">{node.kind}</span>
              <Named kind={node.kind} id={node.id} name={node.name} />
            </li>
          ))}
        </ul>
      )}
      {(graph?.withheld?.length ?? 0) > 0 && <p className="muted related-note">More is there for the scope {graph?.withheld?.join(", ")}.</p>}
    </section>
  );
}

function Named({ kind, id, name }: { kind: string; id: string; name: string }) {
  const href = hrefOf(kind, id, name);
  return href ? <Link href={href}>{name}</Link> : <span>{name}</span>;
}
