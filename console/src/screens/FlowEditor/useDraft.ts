import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, type Schemas } from "../../api/client";
import { type Editable, loadFlow, problemsOf, saveDraft } from "../../api/editing";
import * as queries from "../../api/queries";
import { useSession } from "../../app/session";
import { sameFlow, textOf } from "../../edit/begin";
import { edit, NotYaml, valueOf } from "../../edit/edit";
import type { FlowValue } from "../../edit/flow";
import { begin, change, type History, redo, settle, undo } from "../../edit/history";
import { keepPositions, keepText, keptPositions, keptText } from "../../edit/kept";
import type { Positions } from "../../edit/positions";
import { ofDocument, type Problem } from "../../edit/problems";
import { isRecord } from "../../edit/value";

/** How long nobody types before the server is asked, in milliseconds: what is wrong, and to keep the draft. */
const CHECK_AFTER = 400;
const SAVE_AFTER = 2500;

export type Saving = { state: "saved" | "waiting" | "saving" } | { state: "refused"; error: Error } | { state: "conflict"; theirs: Editable };

/** A flow that is edited: its text with undo, kept in this browser at each keystroke and on the server as a draft. */
export function useDraft(id: string, from: Editable) {
  const { clientId } = useSession();
  const client = useQueryClient();
  const [opened] = useState(() => opening(id, clientId, from));
  const [base, setBase] = useState(opened.base);
  const [history, setHistory] = useState<History>(() => begin({ text: opened.text, positions: keptPositions(id) }));
  const [saving, setSaving] = useState<Saving>({ state: "saved" });
  const [found, setFound] = useState<{ text: string; own: Problem[]; others: Problem[] }>();
  const [warned, setWarned] = useState<{ flow: FlowValue; problems: Problem[] }>();
  const [away, setAway] = useState(false);
  const { text, positions } = history.now;

  const parsed = useMemo(() => parse(text), [text]);
  // What the graph and the forms show while the text can't be read.
  const last = useRef<FlowValue>(parsed.flow ?? { nodes: [] });
  if (parsed.flow) last.current = parsed.flow;
  const flow = parsed.flow ?? last.current;

  const put = useCallback((next: { text?: string; positions?: Positions }, key?: string) => setHistory((before) => change(before, next, key, Date.now())), []);
  const onFlow = useCallback((next: FlowValue, key?: string) => {
    setHistory((before) => {
      try {
        return change(before, { text: edit(before.now.text, [], next) }, key, Date.now());
      } catch (error) {
        // Forms are held still while the text can't be read.
        if (error instanceof NotYaml) return before;
        throw error;
      }
    });
  }, []);
  const onSettle = useCallback((next: Positions) => setHistory((before) => settle(before, next)), []);

  useEffect(() => keepPositions(id, positions), [id, positions]);
  const dirty = parsed.flow === undefined || !sameFlow(parsed.flow, base.document);
  useEffect(() => keepText(id, clientId, { text, version: base.version, saved: !dirty }), [id, clientId, text, base.version, dirty]);

  // What is wrong, as one types. While the server is away, what was found stays, and nothing waits for it.
  useEffect(() => {
    if (!parsed.flow) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      problemsOf([{ flowId: id, document: parsed.flow } as Schemas["ChangeSetFlow"]], stop.signal).then(
        (problems) => {
          setFound({ text, ...ofDocument(problems) });
          setAway(false);
        },
        (error) => stop.signal.aborted || !(error instanceof ApiError) || setAway(true),
      );
    }, CHECK_AFTER);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [id, text, parsed.flow]);

  const busy = useRef<Promise<unknown>>(undefined);
  const save = useCallback(
    async (wanted: FlowValue, etag: string) => {
      setSaving({ state: "saving" });
      try {
        const saved = await saveDraft(id, wanted, etag);
        setBase((before) => ({ ...before, etag: saved.etag, version: saved.version, document: wanted as never }));
        setSaving({ state: "saved" });
        setWarned({ flow: wanted, problems: saved.problems.filter((one) => one.severity === "warning") });
        void client.invalidateQueries({ queryKey: ["flow", id] });
        void client.invalidateQueries({ queryKey: ["versions", id] });
        return saved.version;
      } catch (error) {
        if (error instanceof ApiError && error.status === 412) setSaving({ state: "conflict", theirs: await loadFlow(id) });
        else setSaving({ state: "refused", error: error as Error });
        return undefined;
      }
    },
    [id, client],
  );
  useEffect(() => {
    if (!dirty || !parsed.flow || saving.state === "conflict") return;
    const wanted = parsed.flow;
    const timer = setTimeout(() => {
      // One after the other: the next needs the revision that the last one made.
      if (busy.current) return;
      busy.current = save(wanted, base.etag).finally(() => (busy.current = undefined));
    }, SAVE_AFTER);
    return () => clearTimeout(timer);
    // Whether it was refused changes nothing about when to try again: with the next change.
  }, [dirty, parsed.flow, base.etag, save, saving.state === "conflict", saving.state === "saving"]);

  // Somebody else's draft is seen as soon as the server tells of it.
  const live = useQuery(queries.flow(id)).data;
  const newer = (live?.savedVersion?.version ?? 0) > base.version && saving.state !== "saving" && saving.state !== "conflict";
  useEffect(() => {
    if (!newer) return;
    const timer = setTimeout(() => {
      loadFlow(id).then((theirs) => {
        if (busy.current || theirs.version <= base.version) return;
        // Whoever changed nothing sees the other's version.
        if (!dirty) {
          setBase(theirs);
          put({ text: edit(text, [], valueOf(textOf(theirs.document))) });
        } else setSaving({ state: "conflict", theirs });
      }, () => {});
    }, 300);
    return () => clearTimeout(timer);
  }, [newer, id, base.version, dirty, put, text]);

  const useTheirs = (theirs: Editable) => {
    setBase(theirs);
    setSaving({ state: "saved" });
    put({ text: textOf(theirs.document) });
  };
  const keepMine = (theirs: Editable) => {
    setBase(theirs);
    if (parsed.flow) void save(parsed.flow, theirs.etag);
  };
  /** Keeps the draft now, and answers its version. */
  const saveNow = async () => {
    await busy.current;
    if (!parsed.flow) return undefined;
    return sameFlow(parsed.flow, base.document) ? base.version : await save(parsed.flow, base.etag);
  };
  // What works and is probably not meant is told of a draft that is kept.
  const problems = useMemo(() => [...(found?.own ?? []), ...(warned && warned.flow === parsed.flow ? warned.problems : [])], [found, warned, parsed.flow]);
  return {
    flow, text, positions, history, base, saving, dirty, away, problems, others: found?.others ?? [], broken: parsed.broken,
    checked: found?.text === text,
    put, onFlow, onSettle, useTheirs, keepMine, saveNow,
    undo: useCallback(() => setHistory(undo), []),
    redo: useCallback(() => setHistory(redo), []),
  };
}

export type Draft = ReturnType<typeof useDraft>;

/** The text with its comments, if this browser has it: of the version that is the newest, or of one that means the same. */
function opening(id: string, clientId: string, from: Editable): { text: string; base: Editable } {
  const kept = keptText(id, clientId);
  const flow = kept && parse(kept.text).flow;
  // The server writes out what a text may leave out: what it has of the version is this text.
  if (kept && flow && kept.version === from.version && kept.saved) return { text: kept.text, base: { ...from, document: flow as unknown as Editable["document"] } };
  if (kept && (kept.version === from.version || sameFlow(flow, from.document))) return { text: kept.text, base: from };
  return { text: textOf(from.document), base: from };
}

function parse(text: string): { flow?: FlowValue; broken?: string } {
  try {
    const value = valueOf(text);
    if (!isRecord(value)) return { broken: "A flow is an object: name, type and nodes." };
    return { flow: value as FlowValue };
  } catch (error) {
    if (error instanceof NotYaml) return { broken: error.message };
    throw error;
  }
}
