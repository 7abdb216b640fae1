import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { ApiError } from "../../api/client";
import { type Editable, loadFlow } from "../../api/editing";
import { useTitle } from "../../app/useTitle";
import { Fault, Loading } from "../../components/Fault/Fault";
import { EditableCanvas } from "../../components/EditableCanvas/EditableCanvas";
import { FlowForm } from "../../components/FlowForm/FlowForm";
import { Prose } from "../../components/Form/Field";
import { FormContext } from "../../components/Form/context";
import { sentence } from "../../components/Form/paths";
import { NodeForm } from "../../components/NodeForm/NodeForm";
import { useKeys } from "../../components/Shortcuts/keys";
import { FLOWS, Trail } from "../../components/Trail/Trail";
import { addNode, connect, nodesOf, removeNode } from "../../edit/flow";
import { nodeAt } from "../../edit/problems";
import { Conflict } from "./Conflict";
import { ProblemList } from "./ProblemList";
import { type Draft, useDraft } from "./useDraft";
import { useFacts } from "./useFacts";
import "./FlowEditor.css";

const YamlEditor = lazy(() => import("../../components/YamlEditor/YamlEditor"));
const Trial = lazy(() => import("./Trial"));

const VIEWS = { graph: "Graph", both: "Both", yaml: "YAML", try: "Try it" } as const;
type View = keyof typeof VIEWS;

/** A flow that is changed: as a graph with forms, as YAML, and tried on a mail. What is shown is in the address. */
export default function FlowEditor({ id }: { id: string }) {
  // Read once: what others do meanwhile comes as a conflict.
  const from = useQuery({ queryKey: ["editing", id], queryFn: ({ signal }) => loadFlow(id, signal), staleTime: "static", gcTime: 0 });
  if (from.error) return <Fault error={from.error} retry={() => void from.refetch()} />;
  if (!from.data) return <Loading />;
  return <Edited id={id} from={from.data} />;
}

function Edited({ id, from }: { id: string; from: Editable }) {
  const draft = useDraft(id, from);
  const [search, setSearch] = useSearchParams();
  const [, go] = useLocation();
  const view = (Object.keys(VIEWS).includes(search.get("view") ?? "") ? search.get("view") : "graph") as View;
  const [selected, select] = useState<string>();
  const facts = useFacts(draft.flow, draft.text);
  const panel = useRef<HTMLElement>(null);
  useTitle(`Edit ${draft.flow.name ?? "a flow"}`);
  const show = (next: View) => setSearch(next === "graph" ? {} : { view: next }, { replace: true });
  useUndo(draft);
  useKeys("Editor", [
    { keys: "v", label: "Graph, both, YAML", run: () => show(view === "graph" ? "both" : view === "both" ? "yaml" : "graph") },
    { keys: "t", label: "Try it", run: () => show("try") },
    { keys: "p", label: "Publish", run: () => void publish() },
  ]);
  const publish = async () => {
    const version = await draft.saveNow();
    if (version !== undefined) go(`/flows/${id}/publish?version=${version}`);
  };
  const open = useCallback((node: string) => {
    select(node);
    setTimeout(() => panel.current?.querySelector<HTMLElement>(".form :is(input, select, button, textarea)")?.focus());
  }, []);
  const node = nodesOf(draft.flow).find((one) => one.id === selected);
  const counts = useMemo(() => countsOf(draft), [draft.problems, draft.flow]);
  const form = useMemo(() => ({ problems: draft.problems, exists: false, onBroken: () => {}, flow: facts }), [draft.problems, facts]);
  const canvas = (
    <EditableCanvas
      flow={draft.flow}
      positions={draft.positions}
      onMove={(positions, key) => draft.put({ positions }, key)}
      onSettle={draft.onSettle}
      selected={node?.id}
      onSelect={select}
      onOpen={open}
      onConnect={(one, to) => {
        draft.onFlow(connect(draft.flow, one, to));
        select(one);
      }}
      onAdd={(after) => {
        const added = addNode(draft.flow, after);
        draft.onFlow(added.flow);
        select(added.id);
      }}
      onRemove={(one) => draft.onFlow(removeNode(draft.flow, one))}
      problems={counts}
    />
  );
  const yaml = (
    <Suspense fallback={<Loading />}>
      <YamlEditor value={draft.text} onChange={(text) => draft.put({ text }, "yaml")} facts={facts} problems={draft.problems} broken={draft.broken} look={node && `nodes[${nodesOf(draft.flow).indexOf(node)}].id`} />
    </Suspense>
  );
  return (
    <div className="page editor">
      <div className="page-head">
        <Trail to={[FLOWS, { href: `/flows/${id}`, name: from.flow.name }]} />
        <h1>Edit</h1>
        <Status draft={draft} />
        <span className="end tools">
          <span role="group" aria-label="View" className="switch">
            {Object.entries(VIEWS).map(([value, text]) => (
              <button key={value} aria-pressed={view === value} onClick={() => show(value as View)}>
                {text}
              </button>
            ))}
          </span>
          <button className="button" disabled={draft.history.past.length === 0} onClick={draft.undo} title="Ctrl+Z">
            Undo
          </button>
          <button className="button" disabled={draft.history.future.length === 0} onClick={draft.redo} title="Ctrl+Shift+Z">
            Redo
          </button>
          <a className="button" href={`data:application/yaml;charset=utf-8,${encodeURIComponent(draft.text)}`} download={`${String(draft.flow.name ?? "flow").toLowerCase().replace(/[^a-z0-9]+/g, "-")}.yaml`}>
            Download
          </a>
          <button className="button primary" disabled={draft.broken !== undefined} onClick={() => void publish()}>
            Publish…
          </button>
        </span>
      </div>
      {draft.saving.state === "conflict" && <Conflict id={id} draft={draft} theirs={draft.saving.theirs} />}
      {draft.broken !== undefined && (
        <p className="refusal" role="alert">
          The YAML can't be read: {draft.broken.split("\n")[0]} Graph and forms show what it was before.
        </p>
      )}
      {draft.odd !== undefined && (
        <p className="refusal" role="status">
          Graph and forms show what it was before: <Prose text={draft.odd} />.
        </p>
      )}
      {draft.undrafted.length > 0 && (
        <p className="refusal" role="status">
          A draft does not change what the flow is called and how it is described: <Prose text={draft.undrafted.map((name) => `\`${name}\``).join(", ")} /> stays in this browser.
        </p>
      )}
      {view === "try" ? (
        <Suspense fallback={<Loading />}>
          <Trial id={id} flow={draft.flow} />
        </Suspense>
      ) : (
        <div className={`editing ${view}`}>
          {view !== "yaml" && <div className="panel editing-canvas">{canvas}</div>}
          {view !== "graph" && <div className="editing-yaml">{yaml}</div>}
          {view !== "yaml" && (
            <aside
              ref={panel}
              className="panel editing-form"
              aria-label={node ? `Node ${node.id}` : "The flow"}
              onKeyDown={(event) => {
                if (event.key !== "Escape" || event.defaultPrevented || !node) return;
                document.querySelector<HTMLElement>(`.react-flow__node[data-id="flow/${node.id}"]`)?.focus();
              }}
            >
              <header>
                <h2>{node ? `Node ${node.id}` : "The flow"}</h2>
                {node && (
                  <span className="tools">
                    <button className="button quiet" onClick={() => (draft.onFlow(removeNode(draft.flow, node.id)), select(undefined))}>
                      Remove
                    </button>
                    <button className="button quiet" onClick={() => select(undefined)}>
                      Close
                    </button>
                  </span>
                )}
              </header>
              <div className="form">
                <FormContext value={form}>
                  <fieldset className="plain" disabled={draft.broken !== undefined || draft.odd !== undefined}>
                    {node ? (
                      <NodeForm
                        key={node.id}
                        flow={draft.flow}
                        node={node}
                        onChange={(flow, key, next) => {
                          draft.onFlow(flow, key);
                          if (next !== undefined) select(next);
                        }}
                      />
                    ) : (
                      <FlowForm flow={draft.flow} onChange={draft.onFlow} />
                    )}
                  </fieldset>
                </FormContext>
              </div>
            </aside>
          )}
        </div>
      )}
      <ProblemList draft={draft} onPick={(problem) => {
        const place = nodeAt(problem);
        const found = place === undefined ? undefined : draft.flow.nodes?.[place];
        if (view === "try") show("graph");
        if (found) open(found.id);
        else select(undefined);
      }} />
    </div>
  );
}

/** Undo everywhere but in text that is no part of the flow, such as the mail that it is tried on: that has an undo of its own. */
function useUndo({ undo, redo }: Draft) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector(".dialog") || event.target instanceof HTMLElement && event.target.matches(".trial-mail textarea")) return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) redo();
      else undo();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [undo, redo]);
}

function countsOf({ problems, flow }: Draft): Map<string, number> {
  const counts = new Map<string, number>();
  for (const problem of problems) {
    const place = nodeAt(problem);
    const id = place === undefined ? undefined : flow.nodes?.[place]?.id;
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** Why a draft was refused: the first that is wrong, with what would be right. */
function because(error: Error): string {
  const [first] = error instanceof ApiError ? error.problems : [];
  return first ? `${first.path ? `${first.path}: ` : ""}${sentence(first)}.` : error.message;
}

function Status({ draft }: { draft: Draft }) {
  const { saving, dirty, base, away } = draft;
  const text =
    saving.state === "refused"
      ? `Not saved: ${because(saving.error)} It is kept in this browser.`
      : saving.state === "conflict"
        ? "Not saved: someone else changed it."
        : saving.state === "saving" || dirty
          ? "Saving…"
          : base.version > 0
            ? `Saved as version ${base.version}`
            : "Not saved yet";
  return (
    <span role="status" className={saving.state === "refused" || saving.state === "conflict" ? "late" : "muted"}>
      {text}
      {away && " · The server does not answer: what is wrong is not known."}
    </span>
  );
}
