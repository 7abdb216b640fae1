import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, isGone, passes } from "../../api/client";
import { type Editable, loadWritten, ownOf, saveDraft } from "../../api/editing";
import * as queries from "../../api/queries";
import type { Written } from "../../api/written";
import { agreed } from "../../edit/aside";
import { sameFlow } from "../../edit/begin";
import { edit, known as knownReading, read, type Reading, valueOf } from "../../edit/edit";
import { type FlowValue, undrawable } from "../../edit/flow";
import { begin, change, type History, redo, settle, takeIn, undo } from "../../edit/history";
import { keepText, withMoves } from "../../edit/kept";
import { together } from "../../edit/lines";
import { undraftedIn, withOwn } from "../../edit/own";
import { bringIn, moves, type Positions } from "../../edit/positions";
import type { Problem } from "../../edit/problems";
import { rebased } from "../../edit/rebase";
import { withSent } from "../../edit/unanswered";
import { useReading } from "../../edit/useReading";
import { equal, isRecord } from "../../edit/value";
import { toast } from "../../components/Toasts/toast";
import { landed } from "./landed";
import type { Opened } from "./opening";
import { useChecked } from "./useChecked";
import { useKept } from "./useKept";
import { usePlaces } from "./usePlaces";
import { brought, madeFrom, send, textFor, withComments } from "./writing";

/** How long nobody types before the server is asked to keep the draft, in milliseconds. */
const SAVE_AFTER = 2500;
/** How long a server that could not keep a draft is left alone, in milliseconds. */
const RETRY_AFTER = 10_000;

export type Saving = { state: "saved" | "saving" } | { state: "refused"; error: Error; wanted: FlowValue } | { state: "conflict"; theirs: Editable };

/** Drafts that are being saved after their editor was left: who comes back begins with what comes of it. */
export const left = new Map<string, Promise<void>>();

/** A flow that is edited: its text with undo, kept in this browser as one types and on the server as a draft. */
export function useDraft(id: string, opened: Opened) {
  const { slot } = opened;
  const client = useQueryClient();
  const [base, showBase] = useState(opened.base);
  // What is saved next is meant for the revision that the last save made, whether or not it was drawn yet.
  const latest = useRef(opened.base);
  const setBase = useCallback((next: Editable) => {
    latest.current = next;
    showBase(next);
  }, []);
  // What was sent and is not known to have got there, or not to have.
  const unanswered = useRef(opened.unanswered);
  // Before each version of somebody else's that came in, what one's own was meant for.
  const epochs = useRef<{ now: number; bases: Map<number, Editable> }>({ now: 0, bases: new Map() });
  const [history, setHistory] = useState<History>(() => begin({ text: opened.text, positions: opened.positions, epoch: 0 }));
  // Undo may lead to before somebody else's version while one is sent: then this is not the base of what is edited.
  const setBaseAt = useCallback((at: number, next: Editable) => (epochs.current.now === at ? setBase(next) : void epochs.current.bases.set(at, next)), [setBase]);
  // Where the server has nodes.
  const there = useRef(opened.base.places ?? {});
  // Of places that are read for a version of somebody else's, and not come in yet: where the server was known to have nodes before.
  const readAt = useRef(new WeakMap<object, Positions>());
  const loadTheirs = useCallback(async () => {
    const before = there.current;
    const theirs = await loadWritten(id);
    if (theirs.places) readAt.current.set(theirs.places, before);
    return theirs;
  }, [id]);
  // What a save that is under way changes in it is known before it is drawn.
  const held = useRef(history);
  const update = useCallback((change: (before: History) => History) => {
    held.current = change(held.current);
    setHistory(held.current);
  }, []);
  const [outcome, setSaving] = useState<Saving>(opened.theirs ? { state: "conflict", theirs: opened.theirs } : { state: "saved" });
  const [warned, setWarned] = useState<{ flow: FlowValue; problems: Problem[] }>();
  // Comments of somebody else's that can't be brought together with mine.
  const [clash, setClash] = useState<Written>();
  // A text that the server did not take.
  const [unkept, setUnkept] = useState<{ text: string; error: Error }>();
  const { text, positions, epoch } = history.now;

  const { reading, readAgain } = useReading(text);
  const told = useMemo(() => reading && flowOf(reading), [reading]);
  // While a text is still being read nothing else is known of it than of the one before.
  const before = useRef<{ flow?: FlowValue; broken?: string }>({});
  if (told) before.current = told;
  const parsed = told ?? NOTHING;
  const { broken } = before.current;
  const odd = useMemo(() => parsed.flow && undrawable(parsed.flow), [parsed.flow]);
  // What the graph and the forms show while the text can't be read, or drawn: at first what the server has.
  const last = useRef<{ flow: FlowValue; reading: Reading | undefined }>({ flow: opened.base.document as unknown as FlowValue, reading: undefined });
  // What means the same is the same: a comment draws nothing anew.
  if (parsed.flow && odd === undefined) last.current = { flow: last.current.reading && equal(parsed.flow, last.current.flow) ? last.current.flow : parsed.flow, reading };
  const { flow } = last.current;
  // Told, because the server keeps a draft without them.
  const undrafted = useMemo(() => (parsed.flow ? undraftedIn(parsed.flow, ownOf(base)) : []), [parsed.flow, base]);

  const put = useCallback((next: { text?: string; positions?: Positions }, key?: string) => update((before) => change(before, next, key, Date.now())), [update]);
  const onFlow = useCallback((next: FlowValue, key?: string) => {
    const shown = last.current.flow;
    update((before) => {
      // Forms are held still while the text can't be read, or says what they can't show: they would write over it.
      const { flow } = flowOf(read(before.now.text));
      if (!flow || undrawable(flow) !== undefined) return before;
      return change(before, { text: edit(before.now.text, [], rebased(shown, next, flow)) }, key, Date.now());
    });
  }, [update]);
  /** Somebody else's version comes in as the new base, with a text that has it. */
  const takeVersion = useCallback(
    (theirs: Editable, next: string, edited: boolean) => {
      const { current } = epochs;
      current.bases.set(current.now, latest.current);
      current.now += 1;
      const now = current.now;
      const was = latest.current;
      setBase(theirs);
      setSaving({ state: "saved" });
      setClash(undefined);
      const known = there.current;
      const from = theirs.places && readAt.current.get(theirs.places);
      // They come in once, and what was put somewhere from here since they were read stays there.
      const places = theirs.places && from ? withMoves(theirs.places, moves(from, known)) : known;
      if (theirs.places) readAt.current.delete(theirs.places);
      there.current = places;
      update((before) => takeIn(settle(renamed(before, was, theirs), bringIn(before.now.positions, known, places)), next, now, edited));
    },
    [setBase, update],
  );
  /** One's own version, of which no answer came, is the base. */
  const takeOwn = useCallback(
    (own: Editable, was: Editable, at: number) => {
      unanswered.current = undefined;
      setBaseAt(at, own);
      update((before) => renamed(before, was, own));
      setSaving({ state: "saved" });
    },
    [setBaseAt, update],
  );
  // Undone to before it came in, a text is meant for what was there then: to save it over theirs is a conflict.
  useEffect(() => {
    const { current } = epochs;
    if (epoch === current.now) return;
    current.bases.set(current.now, latest.current);
    current.now = epoch;
    setBase({ ...(current.bases.get(epoch) ?? latest.current), flow: latest.current.flow });
    setSaving({ state: "saved" });
  }, [epoch, setBase]);
  const onSettle = useCallback((next: Positions) => update((before) => settle(before, next)), [update]);

  // What was moved before this page was opened is still to be sent.
  const moved = opened.positions !== opened.base.places && opened.base.places !== undefined;
  const placesNow = useCallback(() => held.current.now.positions, []);
  usePlaces(id, slot.key, there, placesNow, positions, moved || history.past.length + history.future.length > 0);
  const dirty = parsed.flow === undefined || !sameFlow(parsed.flow, base.document);
  // What was refused is no longer wanted once it is given up.
  const saving = !dirty && outcome.state === "refused" ? SAVED : outcome;
  const unwritten = isUnwritten(text, base);
  const [kept, setKept] = useState(true);
  // What the server has, comments and all, is not kept here.
  const keep = useCallback(() => {
    // What was typed may not be drawn yet.
    const { text } = held.current.now;
    const known = knownReading(text);
    const flow = known && flowOf(known).flow;
    const saved = flow !== undefined && sameFlow(flow, base.document);
    const typed = flow ? undraftedIn(flow, ownOf(base)) : [];
    const open = unanswered.current && unanswered.current.version >= base.version ? unanswered.current : undefined;
    const wanted = open || !saved || isUnwritten(text, base) || typed.length > 0;
    setKept(keepText(slot.key, wanted ? { text, version: base.version, saved, typed, ...(base.written && { base: base.written }), ...(open && { unanswered: open }) } : undefined));
    // Drawn, it is to be kept anew.
  }, [slot, text, reading, base]);
  useKept(keep, useCallback(() => held.current.now.text !== text, [text]));
  const keepNow = useRef(keep);
  useEffect(() => {
    keepNow.current = keep;
  });

  // Somebody else's draft, or that they deleted the flow, is seen as soon as the server tells of it.
  const { data: live, error: unseen } = useQuery(queries.flow(id));
  const gone = live?.deleted === true || [unseen, unkept?.error, outcome.state === "refused" ? outcome.error : undefined].some(isGone);
  const { found, away } = useChecked(id, text, gone ? undefined : parsed.flow);

  /** Sends the text of the version that the server has, comments and all. */
  const write = useCallback(
    async (text: string) => {
      const [at, meant] = [epochs.current.now, latest.current];
      if (meant.version === 0 || !isUnwritten(text, meant)) return;
      const { flow } = flowOf(read(text));
      // The server's name is the flow's own.
      const named = flow && undraftedIn(flow, ownOf(meant)).length > 0 ? edit(text, [], withOwn(flow, ownOf(meant), [])) : text;
      try {
        const sent = await send(id, meant.version, named, meant.written ?? { text: "" });
        setUnkept(undefined);
        if ("theirs" in sent) return setClash(sent.theirs);
        const { written, others, both } = sent;
        if (!others) return setBaseAt(at, { ...meant, written: { ...written, text } });
        // With what was typed since. Where that can't be told apart it is sent, and brought together, once more.
        const { text: typed } = held.current.now;
        const reading = read(typed);
        const now = reading.error === undefined ? brought(named, written.text, typed, reading.value) : together(named, typed, written.text);
        // What was typed must mean what it did: of a line that both changed it is not theirs that stays.
        if (!now || (now.both && reading.error !== undefined) || epochs.current.now !== at) return;
        // Undone to before theirs came in, a text is brought together with theirs again: the server has what was sent.
        latest.current = { ...latest.current, written: { text: named, pending: true } };
        takeVersion({ ...latest.current, written }, now.text, true);
        toast(both || now.both ? "Someone else changed the same comments: both are in the text" : "Someone else’s comments are in the text");
      } catch (error) {
        setUnkept({ text, error: error as Error });
        queries.signedOut(client, error);
      }
    },
    [id, client, setBaseAt, takeVersion],
  );
  const busy = useRef<Promise<unknown>>(undefined);
  const [looked, lookAgain] = useState(0);
  const look = useCallback(() => lookAgain((before) => before + 1), []);
  const save = useCallback(
    async (newest: Reading): Promise<number | undefined> => {
      setSaving({ state: "saving" });
      // Nothing is sent that reading the whole does not agree with.
      const whole = await agreed(newest);
      const { flow: wanted } = flowOf(whole);
      if (whole !== newest) readAgain();
      if (!wanted) {
        setSaving({ state: "saved" });
        return undefined;
      }
      const [at, meant, before] = [epochs.current.now, latest.current, unanswered.current];
      unanswered.current = withSent(before, meant.version, wanted);
      keepNow.current();
      /** Goes on after a draft of one's own that was not answered: what was typed since is another one. */
      const goOn = async (own: Editable) => {
        takeOwn(own, meant, at);
        const text = renamedText(whole.text, meant, own);
        const { flow } = flowOf(read(text));
        if (epochs.current.now !== at || !flow) return undefined;
        if (!sameFlow(flow, own.document)) return await again.current(read(text));
        await write(text);
        setWarned({ flow, problems: warnings(own.flow.savedVersion?.validation) });
        return own.version;
      };
      try {
        const saved = await saveDraft(id, wanted, meant.etag);
        unanswered.current = undefined;
        // A new version has no text yet.
        setBaseAt(at, { ...meant, etag: saved.etag, version: saved.version, document: wanted as never, written: madeFrom(meant.version, meant.written) });
        if (epochs.current.now === at) await write(whole.text);
        setSaving({ state: "saved" });
        setWarned({ flow: wanted, problems: warnings(saved.problems) });
        void client.invalidateQueries({ queryKey: ["flow", id] });
        void client.invalidateQueries({ queryKey: ["versions", id] });
        return saved.version;
      } catch (error) {
        let refusal = error as Error;
        let [theirs, own]: (Editable | undefined)[] = [];
        if (error instanceof ApiError && error.status === 412) {
          try {
            theirs = await loadTheirs();
            own = await landed(meant, unanswered.current, theirs);
          } catch (unread) {
            [refusal, theirs] = [unread as Error, undefined];
          }
        } else if (!passes(refusal)) unanswered.current = before;
        if (own) return await goOn(own);
        // It was renamed or published meanwhile: what one began with is still the newest, and is saved again for the new revision.
        if (theirs && theirs.version === meant.version && theirs.etag !== meant.etag) {
          setBaseAt(at, { ...meant, flow: theirs.flow, etag: theirs.etag, ...(meant.written && { written: { ...meant.written, text: renamedText(meant.written.text, meant, theirs) } }) });
          update((before) => renamed(before, meant, theirs));
          setSaving({ state: "saved" });
          return epochs.current.now === at ? await again.current(read(renamedText(whole.text, meant, theirs))) : undefined;
        }
        if (theirs) unanswered.current = undefined;
        setSaving(theirs ? { state: "conflict", theirs } : { state: "refused", error: refusal, wanted });
        queries.signedOut(client, refusal);
        return undefined;
      }
    },
    [id, client, setBaseAt, takeOwn, readAgain, update, write, loadTheirs],
  );
  const again = useRef(save);
  useEffect(() => {
    again.current = save;
  });
  /** One after the other: the next needs the revision that the last one made. */
  const alone = useCallback(<T,>(work: () => Promise<T>): Promise<T> => {
    const done = work().finally(() => (busy.current = undefined));
    busy.current = done;
    return done;
  }, []);
  const saveAlone = useCallback((reading: Reading) => alone(() => save(reading)), [alone, save]);
  useEffect(() => {
    if (!dirty || !reading || !parsed.flow || saving.state === "conflict" || saving.state === "saving") return;
    const refused = saving.state === "refused" && saving.wanted === parsed.flow;
    // What the server does not take is sent again once it is changed.
    if (refused && !passes(saving.error)) return;
    // What is typed while a text is under way is looked at once that has arrived.
    const timer = setTimeout(() => void (busy.current ? busy.current.then(look, look) : saveAlone(reading)), refused ? RETRY_AFTER : SAVE_AFTER);
    return () => clearTimeout(timer);
  }, [dirty, reading, parsed.flow, saving, saveAlone, look, looked]);

  useEffect(() => {
    if (dirty || !unwritten || clash || saving.state !== "saved") return;
    const refused = unkept?.text === text;
    if (refused && !passes(unkept.error)) return;
    const timer = setTimeout(() => void (busy.current ? busy.current.then(look, look) : alone(() => write(text))), refused ? RETRY_AFTER : SAVE_AFTER);
    return () => clearTimeout(timer);
  }, [dirty, unwritten, clash, saving, unkept, text, alone, write, look, looked]);

  const newer = (live?.savedVersion?.version ?? 0) > base.version && saving.state !== "saving" && saving.state !== "conflict";
  useEffect(() => {
    if (!newer) return;
    let over = false;
    let timer = setTimeout(() => {
      loadTheirs().then(async (theirs) => {
        const [was, at] = [latest.current, epochs.current.now];
        const own = await landed(was, unanswered.current, theirs);
        if (own) return over || busy.current ? undefined : takeOwn(own, was, at);
        const came = dirty ? undefined : await textFor(theirs);
        // Whoever began to type meanwhile keeps what was typed.
        if (over || busy.current || theirs.version <= latest.current.version) return;
        // So it is with a key that is not drawn yet.
        if (held.current.now.text !== text) return look();
        // Whoever changed nothing sees the other's version.
        if (!came) return setSaving({ state: "conflict", theirs });
        // Comments of one's own that nobody has yet are for theirs, too.
        if (unwritten) return takeVersion({ ...theirs, written: madeFrom(base.version, base.written) }, withComments(base.written, text, theirs, valueOf(came.text)), false);
        if (theirs.written || theirs.earlier !== undefined) return takeVersion({ ...theirs, written: came.written }, came.text, false);
        // Nobody has written a text of it: one's own goes on.
        const next = edit(text, [], valueOf(came.text));
        takeVersion({ ...theirs, written: { text: next } }, next, false);
      }).catch((error: Error) => {
        // Nothing tells of it a second time.
        if (!over && passes(error)) timer = setTimeout(look, RETRY_AFTER);
      });
    }, 300);
    return () => {
      over = true;
      clearTimeout(timer);
    };
    // What was under way may have been refused for the newer version.
  }, [newer, loadTheirs, dirty, unwritten, unkept, base, text, takeOwn, takeVersion, look, looked]);

  const useTheirs = async (theirs: Editable) => {
    const { text, written } = await textFor(theirs);
    takeVersion({ ...theirs, written }, text, true);
  };
  /** Goes on with what both come to: my text, with what is different in it, and their comments. */
  const takeBoth = (theirs: Editable, both: FlowValue) => takeVersion(theirs, withComments(base.written, text, theirs, withOwn(both, ownOf(theirs), undrafted)), true);
  const useTheirText = (theirs: Written) => takeVersion({ ...latest.current, written: theirs }, theirs.text, true);
  const keepMyText = (theirs: Written) => {
    setClash(undefined);
    setBase({ ...latest.current, written: { ...theirs, pending: true } });
  };
  const keepMine = (theirs: Editable) => {
    const was = latest.current;
    setBase(theirs);
    setSaving({ state: "saved" });
    update((before) => renamed(before, was, theirs));
    // What can't be read yet is kept once it can.
    if (reading && parsed.flow) void saveAlone(read(held.current.now.text));
  };
  // Who leaves before it is saved has it saved: nobody else would see it before they come back.
  const leave = useRef(() => {});
  useEffect(() => {
    leave.current = () => {
      // Of a flow that is deleted nothing can be saved, and what is kept of it may be given up.
      if (gone || !(dirty || unwritten) || clash || saving.state === "conflict" || (saving.state === "refused" && !passes(saving.error))) return slot.release();
      left.set(id, (async () => {
        const version = await saveNow().catch(() => undefined);
        const [{ text }, meant] = [held.current.now, latest.current];
        // Somebody else's version may have come before its text: then its comments alone are kept.
        if (version !== undefined && meant.version === version) keepText(slot.key, isUnwritten(text, meant) ? { text, version, saved: true, typed: undrafted, ...(meant.written && { base: meant.written }) } : undefined);
        left.delete(id);
        slot.release();
      })());
    };
  });
  useEffect(() => () => leave.current(), []);
  // What neither the server nor this browser has is lost with the page.
  const lost = (dirty || unwritten) && !kept;
  useEffect(() => {
    if (!lost) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [lost]);
  /** Keeps the draft now, and answers its version. */
  const saveNow = async () => {
    await busy.current;
    const now = read(held.current.now.text);
    const { flow: wanted } = flowOf(now);
    if (!wanted) return undefined;
    // A flow that was never saved has nothing to publish, whatever it says.
    if (latest.current.version === 0 || !sameFlow(wanted, latest.current.document)) return await saveAlone(now);
    await alone(() => write(now.text));
    return latest.current.version;
  };
  // What works and is probably not meant is told of a draft that is kept.
  const problems = useMemo(() => [...(found?.own ?? []), ...(warned && warned.flow === parsed.flow ? warned.problems : [])], [found, warned, parsed.flow]);
  return {
    flow, text, positions, history, base, saving, gone, dirty, unwritten, unkept: unkept?.text === text, clash, kept, away, problems, others: found?.others ?? NONE, broken, odd, undrafted,
    checked: found?.text === text,
    /** The text that `flow` is from, read: an older one while the newest can't be. */
    reading: last.current.reading,
    /** Whether `flow` is what the text says. */
    current: parsed.flow !== undefined && odd === undefined,
    put, onFlow, onSettle, useTheirs, takeBoth, keepMine, useTheirText, keepMyText, saveNow,
    undo: useCallback(() => update(undo), [update]),
    redo: useCallback(() => update(redo), [update]),
  };
}

export type Draft = ReturnType<typeof useDraft>;

/** Whether the server is to get a text for its comments, or for how it is written. */
const isUnwritten = (text: string, { version, written }: Editable) => version > 0 && (written?.pending === true || text !== written?.text);

/** How many changes are undone after the flow was renamed: each is read. */
const RENAMED = 50;

/** A history in which the flow is called what it is called now. */
function renamed(history: History, was: Editable, is: Editable): History {
  if (equal(ownOf(was), ownOf(is))) return history;
  const change = (content: History["now"]) => ({ ...content, text: renamedText(content.text, was, is) });
  return { ...history, now: change(history.now), past: history.past.slice(-RENAMED).map(change), future: history.future.slice(0, RENAMED).map(change) };
}

function renamedText(text: string, was: Editable, is: Editable): string {
  const { flow } = flowOf(read(text));
  return flow ? edit(text, [], withOwn(flow, ownOf(is), undraftedIn(flow, ownOf(was)))) : text;
}

const warnings = (found: readonly Problem[] | undefined) => (found ?? []).filter((one) => one.severity === "warning");

const SAVED: Saving = { state: "saved" };
const NOTHING: { flow?: FlowValue; broken?: string } = {};
const NONE: Problem[] = [];

function flowOf({ value, error }: Reading): { flow?: FlowValue; broken?: string } {
  if (error !== undefined) return { broken: error };
  return isRecord(value) ? { flow: value as FlowValue } : { broken: "A flow is an object: name, type and nodes." };
}
