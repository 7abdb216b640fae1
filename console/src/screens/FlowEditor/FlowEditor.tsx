import { useQuery } from "@tanstack/react-query";
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { ApiError, isGone } from "../../api/client";
import { loadWritten } from "../../api/editing";
import { useSession } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Fault, Loading } from "../../components/Fault/Fault";
import { EditableCanvas } from "../../components/EditableCanvas/EditableCanvas";
import { FlowForm } from "../../components/FlowForm/FlowForm";
import { loadExpressions } from "../../components/Form/Form";
import { Prose } from "../../components/Form/Field";
import { FormContext } from "../../components/Form/context";
import { sentence } from "../../components/Form/paths";
import { NodeForm } from "../../components/NodeForm/NodeForm";
import { Part, part } from "../../components/Part/Part";
import { useKeys } from "../../components/Shortcuts/keys";
import { Stale } from "../../components/Stale/Stale";
import { toast } from "../../components/Toasts/toast";
import { FLOWS, Trail } from "../../components/Trail/Trail";
import { addNode, connect, type FlowValue, nodesOf, removeNode } from "../../edit/flow";
import type { Positions } from "../../edit/positions";
import { keptText } from "../../edit/kept";
import { takeSlot } from "../../edit/slot";
import { nodeAt, type Problem } from "../../edit/problems";
import { Conflict } from "./Conflict";
import { Again, Deleted } from "./Deleted";
import { download } from "./download";
import { Discard, isStuck, NotLive } from "./NotLive";
import { type Opened, opening } from "./opening";
import { ProblemList } from "./ProblemList";
import type { TrialInput } from "./Trial";
import { type Draft, left, useDraft } from "./useDraft";
import { useDrawn } from "./useDrawn";
import { useFacts } from "./useFacts";
import { useSelected } from "./useSelected";
import "./FlowEditor.css";

const loadYaml = () => import("../../components/YamlEditor/YamlEditor");
const loadTrial = () => import("./Trial");
const YamlEditor = part(loadYaml);
const Trial = part(loadTrial);

const VIEWS = { graph: "Graph", both: "Both", yaml: "YAML", try: "Try it" } as const;
type View = keyof typeof VIEWS;

/** A flow that is changed: as a graph with forms, as YAML, and tried on a mail. What is shown is in the address. */
export default function FlowEditor({ id }: { id: string }) {
  // Read once: what others do meanwhile comes as a conflict.
  const { clientId } = useSession();
  const begin = useQuery({
    queryKey: ["editing", id],
    queryFn: async ({ signal }) => {
      await left.get(id);
      const from = await loadWritten(id, signal).catch((error: unknown) => {
        if (isGone(error)) return error;
        throw error;
      });
      const slot = await takeSlot(id, clientId);
      try {
        signal.throwIfAborted();
        if (from instanceof Error) {
          const kept = keptText(slot.key);
          if (!kept) throw from;
          return { deleted: { slot, text: kept.text } };
        }
        const opened = await opening(slot, from);
        // Who has left by now does not release it.
        signal.throwIfAborted();
        if (slot.more) toast("This browser keeps more of this flow that is not saved, from a tab that was closed. Open it in another tab to see it.");
        return { opened };
      } catch (error) {
        slot.release();
        throw error;
      }
    },
    // It is as large as the flow, and made once.
    structuralSharing: false,
    staleTime: "static",
    gcTime: 0,
  });
  if (begin.error) return <Fault error={begin.error} retry={() => void begin.refetch()} />;
  if (!begin.data) return <Loading />;
  return begin.data.deleted ? <Deleted {...begin.data.deleted} /> : <Edited id={id} opened={begin.data.opened} />;
}

const Canvas = memo(EditableCanvas);
const Text = memo(YamlEditor);
const Problems = memo(ProblemList);

function Edited({ id, opened }: { id: string; opened: Opened }) {
  const draft = useDraft(id, opened);
  // What is opened next is there by then, even if the server no longer is.
  useEffect(() => {
    for (const load of [loadExpressions, loadYaml, loadTrial]) load().catch(() => undefined);
  }, []);
  const [search, setSearch] = useSearchParams();
  const [, go] = useLocation();
  const view = (Object.keys(VIEWS).includes(search.get("view") ?? "") ? search.get("view") : "graph") as View;
  const { selected, form: nth, select } = useSelected(draft);
  const facts = useFacts(draft.flow, draft.reading);
  const panel = useRef<HTMLElement>(null);
  const tried = useRef<TrialInput>(undefined);
  /** The problem that was picked, which the YAML shows while its node is. */
  const [aim, setAim] = useState<{ node: string | undefined; path: string | undefined }>();
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
  /** Opens a node where something is wrong with it. If no field says so, the form has the focus: what is typed then changes nothing. */
  const openAt = useCallback((node: string) => {
    select(node);
    setTimeout(() => (panel.current?.querySelector<HTMLElement>(".form [aria-invalid='true']") ?? panel.current)?.focus());
  }, []);
  const node = nodesOf(draft.flow).find((one) => one.id === selected);
  const counts = useCounts(draft);
  const form = useMemo(() => ({ problems: draft.problems, exists: false, onBroken: () => {}, flow: facts }), [draft.problems, facts]);
  const drawn = useDrawn(draft.flow, draft.history.last !== undefined);
  const now = useRef(draft);
  // Before the graph's effects: of a flow that is no longer the newest it settles nothing.
  useLayoutEffect(() => {
    now.current = draft;
  });
  const edits = useMemo(
    () => ({
      onMove: (positions: Positions, key?: string) => now.current.put({ positions }, key),
      // Where nodes are that the text has no more, or not yet, is for the flow that has them.
      onSettle: (positions: Positions, of: FlowValue) => now.current.current && now.current.flow === of && now.current.onSettle(positions),
      onConnect: (one: string, to: string) => {
        now.current.onFlow(connect(now.current.flow, one, to));
        select(one);
      },
      onAdd: (after: string | undefined) => {
        const added = addNode(now.current.flow, after);
        now.current.onFlow(added.flow);
        select(added.id);
      },
      onRemove: (one: string) => now.current.onFlow(removeNode(now.current.flow, one)),
      onText: (text: string) => now.current.put({ text }, "yaml"),
    }),
    [],
  );
  const canvas = (
    <Canvas flow={drawn} positions={draft.positions} onMove={edits.onMove} onSettle={edits.onSettle} selected={node?.id} onSelect={select} onOpen={open} onConnect={edits.onConnect} onAdd={edits.onAdd} onRemove={edits.onRemove} problems={counts} held={draft.broken !== undefined || draft.odd !== undefined} />
  );
  const yaml = (
    <Part fallback={<Loading />}>
      <Text value={draft.text} onChange={edits.onText} facts={facts} problems={draft.problems} broken={draft.broken} look={aim && aim.node === node?.id ? aim.path : (node && `nodes[${nodesOf(draft.flow).indexOf(node)}].id`)} />
    </Part>
  );
  const pick = useCallback(
    (problem: Problem) => {
      const place = nodeAt(problem);
      const found = place === undefined ? undefined : now.current.flow.nodes?.[place];
      if (view === "try") show("graph");
      if (found) openAt(found.id);
      else select(undefined);
      setAim({ node: found?.id, path: problem.path ?? undefined });
    },
    [openAt, view],
  );
  return (
    <div className="page editor">
      <div className="page-head">
        <Trail to={[FLOWS, { href: `/flows/${id}`, name: draft.base.flow.name }]} />
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
          <button className="button" onClick={() => download(draft.text, String(draft.flow.name ?? ""))}>
            Download
          </button>
          <button className="button primary" disabled={draft.broken !== undefined} onClick={() => void publish()}>
            Publish…
          </button>
        </span>
      </div>
      {draft.saving.state === "conflict" && <Conflict id={id} draft={draft} theirs={draft.saving.theirs} />}
      {draft.gone && (
        <div className="refusal" role="alert">
          <p>
            <strong>Someone deleted this flow.</strong>{" "}
            {!(draft.dirty || draft.unwritten) ? "What you see is its last version." : draft.kept ? "Your text is kept in this browser." : "This browser can't keep your text: download it before you leave."}
          </p>
          <Again text={draft.text} slot={opened.slot} />
        </div>
      )}
      {draft.clash && <Stale what="flow" changed={["comments"]} onTheirs={() => draft.clash && draft.useTheirText(draft.clash)} onMine={() => draft.clash && draft.keepMyText(draft.clash)} />}
      {!opened.theirs && <NotLive draft={draft} newest={opened.base} />}
      {draft.broken !== undefined && (
        <div className="refusal">
          <p role="alert">The YAML can't be read: {draft.broken.split("\n")[0]} Graph and forms show what it was before.</p>
          <Discard draft={draft} />
        </div>
      )}
      {isStuck(draft) && draft.broken === undefined && (
        <div className="refusal">
          <p>The server does not take the text as it is. Correct it, or go back to what the server has.</p>
          <Discard draft={draft} />
        </div>
      )}
      {draft.odd !== undefined && (
        <p className="refusal" role="status">
          Graph and forms show what it was before: <Prose text={draft.odd} />.
        </p>
      )}
      {draft.undrafted.length > 0 && (
        <p className="refusal" role="status">
          A draft does not change what the flow is called and how it is described: <Prose text={draft.undrafted.map((name) => `\`${name}\``).join(", ")} /> stays in this browser. Change it on <Link href={`/flows/${id}?rename`}>the flow’s page</Link>.
        </p>
      )}
      {view === "try" ? (
        <Part fallback={<Loading />}>
          <Trial id={id} flow={draft.flow} stale={draft.broken !== undefined || draft.odd !== undefined} last={tried} />
        </Part>
      ) : (
        <div className={`editing ${view}`}>
          {view !== "yaml" && <div className="panel editing-canvas">{canvas}</div>}
          {view !== "graph" && <div className="editing-yaml">{yaml}</div>}
          {view !== "yaml" && (
            <aside
              ref={panel}
              tabIndex={-1}
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
                    <button className="button quiet" disabled={draft.broken !== undefined || draft.odd !== undefined} onClick={() => (draft.onFlow(removeNode(draft.flow, node.id)), select(undefined))}>
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
                        key={nth}
                        flow={draft.flow}
                        node={node}
                        onChange={draft.onFlow}
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
      <Problems problems={draft.problems} others={draft.others} checked={draft.checked} broken={draft.broken !== undefined} onPick={pick} />
    </div>
  );
}

/** Undo everywhere but in text that is no part of the flow, such as the mail that it is tried on and the answers in it: that has an undo of its own. */
function useUndo({ undo, redo }: Draft) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector(".dialog") || event.target instanceof HTMLElement && event.target.matches(".trial-mail textarea, .answers :is(input, textarea, select), .save-case input")) return;
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

/** How many problems each node has: the same as long as the numbers are. */
function useCounts({ problems, flow }: Draft): Map<string, number> {
  const last = useRef(new Map<string, number>());
  return useMemo(() => {
    const counts = new Map<string, number>();
    for (const problem of problems) {
      const place = nodeAt(problem);
      const id = place === undefined ? undefined : flow.nodes?.[place]?.id;
      if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const before = last.current;
    if (counts.size !== before.size || [...counts].some(([id, count]) => before.get(id) !== count)) last.current = counts;
    return last.current;
  }, [problems, flow]);
}

/** Why a draft was refused: the first that is wrong, with what would be right. */
function because(error: Error): string {
  const [first] = error instanceof ApiError ? error.problems : [];
  return first ? `${first.path ? `${first.path}: ` : ""}${sentence(first)}.` : error.message;
}

function Status({ draft }: { draft: Draft }) {
  const { saving, dirty, unwritten, unkept, clash, kept, base, away, broken } = draft;
  const where = kept ? "It is kept in this browser." : "This browser can't keep it: download it before you leave.";
  const text =
    saving.state === "refused"
      ? `Not saved: ${because(saving.error)} ${where}`
      : saving.state === "conflict"
        ? "Not saved: someone else changed it."
        : broken !== undefined
          ? `Not saved: the YAML can't be read. ${where}`
          : unkept || clash
            ? `Saved as version ${base.version}, without its comments. ${where}`
            : saving.state === "saving" || dirty || unwritten
            ? `Saving…${kept ? "" : ` ${where}`}`
            : base.version > 0
              ? `Saved as version ${base.version}`
              : "Not saved yet";
  return (
    <span role="status" className={saving.state === "refused" || saving.state === "conflict" || broken !== undefined ? "late" : "muted"}>
      {text}
      {away && " · The server does not answer: what is wrong is not known."}
    </span>
  );
}
