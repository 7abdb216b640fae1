import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, type Schemas } from "../../api/client";
import { type Editable, loadFlow, problemsOf, saveDraft } from "../../api/editing";
import * as queries from "../../api/queries";
import { useSession } from "../../app/session";
import { sameFlow, textOf } from "../../edit/begin";
import { edit, NotYaml, valueOf } from "../../edit/edit";
import { type FlowValue, undrawable, UNDRAFTED } from "../../edit/flow";
import { begin, change, type History, redo, settle, undo } from "../../edit/history";
import { keepPositions, keepText, keptPositions, keptText } from "../../edit/kept";
import type { Positions } from "../../edit/positions";
import { ofDocument, type Problem } from "../../edit/problems";
import { equal, isRecord } from "../../edit/value";

/** How long nobody types before the server is asked, in milliseconds: what is wrong, and to keep the draft. */
const CHECK_AFTER = 400;
const SAVE_AFTER = 2500;
/** How long a server that could not keep a draft is left alone, in milliseconds. */
const RETRY_AFTER = 10_000;

export type Saving = { state: "saved" | "saving" } | { state: "refused"; error: Error; wanted: FlowValue } | { state: "conflict"; theirs: Editable };

/** A flow that is edited: its text with undo, kept in this browser at each keystroke and on the server as a draft. */
export function useDraft(id: string, from: Editable) {
  const { clientId } = useSession();
  const client = useQueryClient();
  const [opened] = useState(() => opening(id, clientId, from));
  const [base, showBase] = useState(opened.base);
  // What is saved next is meant for the revision that the last save made, whether or not it was drawn yet.
  const latest = useRef(opened.base);
  const setBase = useCallback((next: Editable) => {
    latest.current = next;
    showBase(next);
  }, []);
  const [history, setHistory] = useState<History>(() => begin({ text: opened.text, positions: keptPositions(id) }));
  const [saving, setSaving] = useState<Saving>(opened.theirs ? { state: "conflict", theirs: opened.theirs } : { state: "saved" });
  const [found, setFound] = useState<{ text: string; own: Problem[]; others: Problem[] }>();
  const [warned, setWarned] = useState<{ flow: FlowValue; problems: Problem[] }>();
  const [away, setAway] = useState(false);
  const { text, positions } = history.now;

  const parsed = useMemo(() => parse(text), [text]);
  const odd = useMemo(() => parsed.flow && undrawable(parsed.flow), [parsed.flow]);
  // What the graph and the forms show while the text can't be read, or drawn.
  const last = useRef<FlowValue>({ nodes: [] });
  // What means the same is the same: a comment draws nothing anew.
  if (parsed.flow && odd === undefined && !equal(parsed.flow, last.current)) last.current = parsed.flow;
  const flow = last.current;
  // Told, because the server keeps a draft without them.
  const undrafted = useMemo(() => UNDRAFTED.filter((name) => parsed.flow && JSON.stringify(parsed.flow[name] ?? "") !== JSON.stringify((from.document as FlowValue)[name] ?? "")), [parsed.flow, from]);

  const put = useCallback((next: { text?: string; positions?: Positions }, key?: string) => setHistory((before) => change(before, next, key, Date.now())), []);
  const onFlow = useCallback((next: FlowValue, key?: string) => {
    setHistory((before) => {
      // Forms are held still while the text can't be read, or says what they can't show: they would write over it.
      const { flow } = parse(before.now.text);
      if (!flow || undrawable(flow) !== undefined) return before;
      return change(before, { text: edit(before.now.text, [], next) }, key, Date.now());
    });
  }, []);
  const onSettle = useCallback((next: Positions) => setHistory((before) => settle(before, next)), []);

  useEffect(() => keepPositions(id, positions), [id, positions]);
  const dirty = parsed.flow === undefined || !sameFlow(parsed.flow, base.document);
  useEffect(() => keepText(id, clientId, { text, version: base.version, saved: !dirty }), [id, clientId, text, base.version, dirty]);

  // What is wrong, as one types. While the server is away, what was found stays, and nothing waits for it.
  const [asked, askAgain] = useState(0);
  useEffect(() => {
    if (!parsed.flow) return;
    let later: ReturnType<typeof setTimeout> | undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      problemsOf([{ flowId: id, document: parsed.flow } as Schemas["ChangeSetFlow"]], stop.signal).then(
        (problems) => {
          setFound({ text, ...ofDocument(problems) });
          setAway(false);
        },
        (error) => {
          if (stop.signal.aborted || !(error instanceof ApiError)) return;
          setAway(true);
          later = setTimeout(() => askAgain((before) => before + 1), RETRY_AFTER);
        },
      );
    }, CHECK_AFTER);
    return () => {
      clearTimeout(timer);
      clearTimeout(later);
      stop.abort();
    };
  }, [id, text, parsed.flow, asked]);

  const busy = useRef<Promise<unknown>>(undefined);
  const save = useCallback(
    async (wanted: FlowValue): Promise<number | undefined> => {
      setSaving({ state: "saving" });
      try {
        const saved = await saveDraft(id, wanted, latest.current.etag);
        setBase({ ...latest.current, etag: saved.etag, version: saved.version, document: wanted as never });
        setSaving({ state: "saved" });
        setWarned({ flow: wanted, problems: saved.problems.filter((one) => one.severity === "warning") });
        void client.invalidateQueries({ queryKey: ["flow", id] });
        void client.invalidateQueries({ queryKey: ["versions", id] });
        return saved.version;
      } catch (error) {
        const stale = error instanceof ApiError && error.status === 412;
        const theirs = stale ? await loadFlow(id).catch(() => undefined) : undefined;
        setSaving(theirs ? { state: "conflict", theirs } : { state: "refused", error: error as Error, wanted });
        return undefined;
      }
    },
    [id, client, setBase],
  );
  /** One after the other: the next needs the revision that the last one made. */
  const saveAlone = useCallback(
    (wanted: FlowValue) => {
      const saved = save(wanted).finally(() => (busy.current = undefined));
      busy.current = saved;
      return saved;
    },
    [save],
  );
  useEffect(() => {
    if (!dirty || !parsed.flow || saving.state === "conflict" || saving.state === "saving") return;
    const wanted = parsed.flow;
    const refused = saving.state === "refused" && saving.wanted === wanted;
    // What the server does not take is sent again once it is changed.
    if (refused && !passes(saving.error)) return;
    const timer = setTimeout(() => busy.current ?? void saveAlone(wanted), refused ? RETRY_AFTER : SAVE_AFTER);
    return () => clearTimeout(timer);
  }, [dirty, parsed.flow, saving, saveAlone]);

  // Somebody else's draft is seen as soon as the server tells of it.
  const live = useQuery(queries.flow(id)).data;
  const newer = (live?.savedVersion?.version ?? 0) > base.version && saving.state !== "saving" && saving.state !== "conflict";
  useEffect(() => {
    if (!newer) return;
    let over = false;
    const timer = setTimeout(() => {
      loadFlow(id).then((theirs) => {
        // Whoever began to type meanwhile keeps what was typed.
        if (over || busy.current || theirs.version <= latest.current.version) return;
        // Whoever changed nothing sees the other's version.
        if (!dirty) {
          setBase(theirs);
          put({ text: edit(text, [], valueOf(textOf(theirs.document))) });
        } else setSaving({ state: "conflict", theirs });
      }, () => {});
    }, 300);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [newer, id, dirty, put, text, setBase]);

  const useTheirs = (theirs: Editable) => {
    setBase(theirs);
    setSaving({ state: "saved" });
    put({ text: textOf(theirs.document) });
  };
  const keepMine = (theirs: Editable) => {
    setBase(theirs);
    setSaving({ state: "saved" });
    // What can't be read yet is kept once it can.
    if (parsed.flow) void saveAlone(parsed.flow);
  };
  /** Keeps the draft now, and answers its version. */
  const saveNow = async () => {
    await busy.current;
    if (!parsed.flow) return undefined;
    return sameFlow(parsed.flow, latest.current.document) ? latest.current.version : await saveAlone(parsed.flow);
  };
  // What works and is probably not meant is told of a draft that is kept.
  const problems = useMemo(() => [...(found?.own ?? []), ...(warned && warned.flow === parsed.flow ? warned.problems : [])], [found, warned, parsed.flow]);
  return {
    flow, text, positions, history, base, saving, dirty, away, problems, others: found?.others ?? [], broken: parsed.broken, odd, undrafted,
    checked: found?.text === text,
    put, onFlow, onSettle, useTheirs, keepMine, saveNow,
    undo: useCallback(() => setHistory(undo), []),
    redo: useCallback(() => setHistory(redo), []),
  };
}

export type Draft = ReturnType<typeof useDraft>;

/** Whether an error may be gone without anybody's doing: the server is away, or busy. */
const passes = (error: Error) => error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);

/**
 * The text with its comments, if this browser has it. What was never saved is opened whatever others saved since: `theirs` is what it has to be
 * brought together with.
 */
function opening(id: string, clientId: string, from: Editable): { text: string; base: Editable; theirs?: Editable } {
  const kept = keptText(id, clientId);
  if (!kept) return { text: textOf(from.document), base: from };
  const { flow } = parse(kept.text);
  // The server writes out what a text may leave out: what it has of the version is this text.
  if (flow && kept.version === from.version && kept.saved) return { text: kept.text, base: { ...from, document: flow as unknown as Editable["document"] } };
  if (kept.version === from.version || sameFlow(flow, from.document)) return { text: kept.text, base: from };
  if (kept.saved) return { text: textOf(from.document), base: from };
  return { text: kept.text, base: { ...from, version: kept.version }, theirs: from };
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
