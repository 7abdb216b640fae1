import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { isGone, type Schemas } from "../../api/client";
import { type Editable, loadFlow, problemsOf, publish } from "../../api/editing";
import * as queries from "../../api/queries";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Badge } from "../../components/Badge/Badge";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Prose } from "../../components/Form/Field";
import { sentence } from "../../components/Form/paths";
import { Refusal } from "../../components/Refusal/Refusal";
import { FLOWS, Trail } from "../../components/Trail/Trail";
import { Compared } from "../FlowDiff/FlowDiff";
import { related } from "../../graph/reach";
import { ReplaySection } from "./ReplaySection";
import { WitnessSection } from "./WitnessSection";
import "./FlowPublish.css";

type Member = Schemas["ChangeSetFlow"];

/** What publishing a version would change, whom it would break, and how recent mail would be decided; then it is published, alone or with other drafts. */
export default function FlowPublish({ id }: { id: string }) {
  // What was looked at the time before is not what is published now: nothing of it is shown again.
  const flow = useQuery({ queryKey: ["publishing", id], queryFn: ({ signal }) => loadFlow(id, signal), gcTime: 0 });
  useTitle(flow.data ? `Publish ${flow.data.flow.name}` : "Publish");
  // What somebody deleted can be published no more.
  if (!flow.data || isGone(flow.error)) return flow.error ? <Fault error={flow.error} retry={() => void flow.refetch()} /> : <Loading />;
  return <Looked id={id} live={flow.data} />;
}

/** What is looked at stays, with all that was entered, whatever others do meanwhile. */
function Looked({ id, live }: { id: string; live: Editable }) {
  const [search, setSearch] = useSearchParams();
  const [seen, see] = useState(live);
  const asked = Number(search.get("version"));
  const version = asked || seen.version;
  const one = seen.flow;
  const look = (next: number) => {
    see(live);
    if (asked) setSearch({ version: String(next) }, { replace: true });
  };
  const published = one.publishedVersion?.version;
  return (
    <div className="page">
      <div className="page-head">
        <Trail to={[FLOWS, { href: `/flows/${id}`, name: one.name }]} />
        <h1>
          {published && version < published ? "Roll back to" : "Publish"} version {version}
        </h1>
        <span className="end tools">
          <Link href={`/flows/${id}/edit`} className="button">
            Back to the editor
          </Link>
        </span>
      </div>
      {live.etag !== seen.etag && (
        <div className="refusal" role="alert">
          <p>
            <strong>{live.version > seen.version ? `Someone saved version ${live.version} meanwhile.` : "Someone changed this flow meanwhile."}</strong> What you entered stays.
          </p>
          <div className="row">
            {live.version > seen.version && (
              <button className="button" onClick={() => look(live.version)}>
                Look at version {live.version}
              </button>
            )}
            {(asked > 0 || live.version === seen.version) && (
              <button className="button" onClick={() => look(version)}>
                Go on with version {version}
              </button>
            )}
          </div>
        </div>
      )}
      <Callers id={id} />
      {published === version ? (
        <div className="panel empty">Version {version} is what is published.</div>
      ) : (
        <>
          {published ? <Compared id={id} name={one.name} from={published} to={version} /> : <div className="panel empty">Nothing is published yet: all of it is new.</div>}
          <Publishing id={id} name={one.name} version={version} etag={seen.etag} isLate={live.etag !== seen.etag} isPublished={published !== undefined} />
        </>
      )}
    </div>
  );
}

function Callers({ id }: { id: string }) {
  const graph = useQuery(queries.related(id, "usedby")).data;
  const map = useQuery(queries.map).data;
  const callers = (graph?.nodes ?? []).filter((node) => node.id !== id);
  if (callers.length === 0) return null;
  return (
    <p className="page-line">
      <span className="muted">What leads here sees the change at its next mail:</span>
      {callers.map((one) => (
        <span key={one.id}>
          {one.kind} {one.kind === "flow" ? <Link href={`/flows/${one.id}`}>{one.name}</Link> : one.name}
          {one.kind === "flow" && map && <span className="muted">{through(map, `flow:${one.id}`, `flow:${id}`)}</span>}
        </span>
      ))}
    </p>
  );
}

/** What leads to a caller, directly or by others. */
export function through(map: { nodes: { key: string; kind: string }[]; edges: { from: string; to: string }[] }, caller: string, itself: string): string {
  const { impact } = related(caller, map.edges);
  const count = (kind: string) => map.nodes.filter((node) => node.kind === kind && node.key !== itself && impact.has(node.key)).length;
  const counted = ["flow", "route"].flatMap((kind) => {
    const many = count(kind);
    return many === 0 ? [] : [`${many} ${kind}${many === 1 ? "" : "s"}`];
  });
  return counted.length > 0 ? ` (through it ${counted.join(", ")})` : "";
}

function Publishing({ id, name, version, etag, isLate, isPublished }: { id: string; name: string; version: number; etag: string; isLate: boolean; isPublished: boolean }) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const [note, setNote] = useState("");
  const [more, setMore] = useState<string[]>([]);
  const all = useQuery(queries.flows);
  const [seesMail, seesRouting] = [useMay("email:read"), useMay("routing:read")];
  const drafts = (all.data ?? []).filter((one) => one.id !== id && (one.savedVersion?.version ?? 0) > (one.publishedVersion?.version ?? 0));
  const members: Member[] = [{ flowId: id, version } as Member, ...more.map((flowId) => ({ flowId, version: "newest" }) as Member)];
  const check = useQuery({ queryKey: ["publishing", id, version, more], queryFn: ({ signal }) => problemsOf(members, signal) });
  const doing = useMutation({
    // Published is what was looked at: a change that came meanwhile is looked at first.
    mutationFn: () => publish(members.map((one) => (one.flowId === id ? { ...one, ifMatch: etag } : one)), note),
    onSuccess: () => {
      go(`/flows/${id}?version=${version}`);
      void client.invalidateQueries();
    },
  });
  const problems = check.data ?? [];
  return (
    <>
      {drafts.length > 0 && (
        <fieldset className="panel publish-more">
          <legend>Publish with it, all or none</legend>
          {drafts.map((one) => (
            <label key={one.id}>
              <input type="checkbox" checked={more.includes(one.id)} onChange={(event) => setMore(event.target.checked ? [...more, one.id] : more.filter((other) => other !== one.id))} /> {one.name} <Badge tone="warn">draft {one.savedVersion?.version}</Badge>
            </label>
          ))}
        </fieldset>
      )}
      <section className="panel" aria-label="Whether it can be published">
        <header>
          <h2>Check</h2>
          <span role="status" className={problems.length > 0 ? "late" : "muted"}>
            {check.isPending ? "Checking…" : check.error ? "The server does not answer" : problems.length === 0 ? "Nothing breaks" : `${problems.length === 1 ? "1 problem" : `${problems.length} problems`}: it can't be published like this`}
          </span>
        </header>
        {problems.length > 0 && (
          <ul className="publish-problems">
            {problems.map((one, place) => (
              <li key={place}>
                {one.flowId && one.flowId !== id && (
                  <>
                    breaks flow <Link href={`/flows/${one.flowId}`}>{one.flowName ?? one.flowId}</Link>:{" "}
                  </>
                )}
                <Prose text={sentence(one)} /> {one.path && <code className="muted">{one.path}</code>}
              </li>
            ))}
          </ul>
        )}
      </section>
      {seesMail && seesRouting && problems.length === 0 && <ReplaySection key={`${version} ${more.join()}`} members={members} />}
      {seesRouting && problems.length === 0 && isPublished && <WitnessSection key={`witness ${version} ${more.join()}`} name={name} members={members} />}
      <form
        className="panel publish-end"
        onSubmit={(event) => {
          event.preventDefault();
          doing.mutate();
        }}
      >
        <input className="input" aria-label="Note" placeholder="Why? For the flow's history (optional)" value={note} onChange={(event) => setNote(event.target.value)} />
        <button className="button primary" disabled={isLate || doing.isPending || check.isPending || problems.length > 0}>
          Publish {more.length > 0 ? `${more.length + 1} flows` : `version ${version}`}
        </button>
        {doing.error && <Refusal error={doing.error} />}
      </form>
    </>
  );
}
