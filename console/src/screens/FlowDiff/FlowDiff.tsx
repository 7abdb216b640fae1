import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "wouter";
import * as queries from "../../api/queries";
import { useTitle } from "../../app/useTitle";
import { Differences, groupsOf, Tally } from "../../components/Differences/Differences";
import { Fault, Loading } from "../../components/Fault/Fault";
import { FlowCanvas } from "../../components/FlowCanvas/FlowCanvas";
import { useKeys } from "../../components/Shortcuts/keys";
import { FLOWS, Trail } from "../../components/Trail/Trail";
import { compare } from "../../graph/compare";
import "./FlowDiff.css";

/** Two versions of a flow in one picture. Both are in the address, and so is the difference that is looked at. */
export default function FlowDiff({ id }: { id: string }) {
  const [search, setSearch] = useSearchParams();
  const flow = useQuery(queries.flow(id));
  const versions = useQuery(queries.versions(id));
  const one = flow.data;
  useTitle(one ? `${one.name}, compared` : "Compare versions");
  if (flow.error) return <Fault error={flow.error} retry={() => void flow.refetch()} />;
  if (!one) return <Loading />;
  const newest = one.savedVersion?.version ?? 0;
  const published = one.publishedVersion?.version;
  const to = Number(search.get("to")) || newest;
  const from = Number(search.get("from")) || (published && published !== to ? published : Math.max(1, to - 1));
  const choose = (name: string, value: number) => setSearch({ from: String(from), to: String(to), [name]: String(value) });
  const pick = (label: string, name: string, value: number) => (
    <label className="diff-version">
      <span className="muted">{label}</span>
      <select className="input" value={value} onChange={(event) => choose(name, Number(event.target.value))}>
        {(versions.data ?? []).map((version) => (
          <option key={version.version} value={version.version}>
            Version {version.version}
            {version.version === published ? ", published" : ""}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="page">
      <div className="page-head">
        <Trail to={[FLOWS, { href: `/flows/${id}`, name: one.name }]} />
        <h1>Compare versions</h1>
        <span className="end diff-choice">
          {pick("From", "from", from)}
          <button className="button quiet" aria-label="Swap the versions" onClick={() => setSearch({ from: String(to), to: String(from) })}>
            ⇄
          </button>
          {pick("to", "to", to)}
        </span>
      </div>
      {newest < 2 ? <div className="panel empty">This flow has one version: there is nothing to compare it with.</div> : <Compared id={id} name={one.name} from={from} to={to} />}
    </div>
  );
}

/** Both versions in one graph, with every difference beside it. */
export function Compared({ id, name, from, to }: { id: string; name: string; from: number; to: number }) {
  const [search, setSearch] = useSearchParams();
  const diff = useQuery(queries.flowDiff(id, from, to));
  const before = useQuery(queries.flowDocument(id, from));
  const after = useQuery(queries.flowDocument(id, to));
  const [was, is, found] = [before.data, after.data, diff.data?.differences];
  const comparison = useMemo(() => (was && is && found ? compare(was, is, found) : undefined), [was, is, found]);
  const flows = useMemo(() => (comparison ? [{ key: `${id}@${from}-${to}`, name, version: to, model: comparison.model }] : []), [comparison, id, name, from, to]);
  const groups = useMemo(() => groupsOf(found ?? [], (node) => comparison?.model.nodes.find((one) => one.id === node)?.title ?? node), [found, comparison]);
  const asked = search.has("look") ? Number(search.get("look")) - 1 : undefined;
  const picked = asked !== undefined && groups[asked] ? asked : undefined;
  const look = (group: number) => {
    if (!groups[group]) return;
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        after.set("look", String(group + 1));
        return after;
      },
      { replace: true },
    );
  };
  useKeys("Differences", [
    { keys: "j", label: "Next difference", run: () => look((picked ?? -1) + 1) },
    { keys: "k", label: "Previous difference", run: () => look((picked ?? groups.length) - 1) },
  ]);
  const error = diff.error ?? before.error ?? after.error;
  if (error) return <Fault error={error} />;
  if (!found || !comparison) return <Loading />;
  if (found.length === 0) return <div className="panel empty">Version {from} and version {to} mean the same.</div>;
  return (
    <div className="panel diff">
      <div className="diff-side">
        <div className="diff-bar">
          <Tally differences={found} />
          <span className="nowrap">
            <button className="button quiet" aria-label="Previous difference" title="Previous difference (k)" disabled={picked === 0} onClick={() => look((picked ?? groups.length) - 1)}>
              ‹
            </button>
            <button className="button quiet" aria-label="Next difference" title="Next difference (j)" disabled={picked === groups.length - 1} onClick={() => look((picked ?? -1) + 1)}>
              ›
            </button>
          </span>
        </div>
        <Differences groups={groups} picked={picked} onPick={look} />
      </div>
      <div className="diff-canvas">
        {comparison.model.nodes.length === 0 ? (
          <div className="empty">Neither version has nodes.</div>
        ) : (
          <FlowCanvas
            key={`${from} ${to}`}
            flows={flows}
            comparison={comparison}
            picked={picked === undefined ? undefined : groups[picked]?.node}
            onPick={(_, node) => {
              const group = groups.findIndex((one) => one.node === node);
              if (group >= 0) look(group);
            }}
          />
        )}
      </div>
    </div>
  );
}
