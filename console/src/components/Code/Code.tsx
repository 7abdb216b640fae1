import { defaultKeymap } from "@codemirror/commands";
import { Annotation, ChangeSet, Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, tooltips } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { asWritten, type Change, oneKind } from "../../edit/breaks";
import { difference } from "../../edit/difference";
import { afterPaint } from "./afterPaint";
import { theme } from "./theme";
import "./Code.css";

export interface CodeProps {
  value: string;
  onChange: (value: string) => void;
  /** What a screen reader calls it. */
  label: string;
  /** What it does beyond text. Must stay the same object as long as nothing changes. */
  extensions: Extension;
  /** A field rather than a page: Enter breaks no line. */
  oneLine?: boolean;
  invalid?: boolean;
  onView?: (view: EditorView | undefined) => void;
}

function changesOf(typed: ChangeSet): Change[] {
  const found: Change[] = [];
  typed.iterChanges((from, to, _from, _to, insert) => found.push({ from, to, insert: insert.toString() }));
  return found;
}

/** A change that came from outside: nobody is told of it. */
const given = Annotation.define<boolean>();

/**
 * A text editor. It stands in a shadow tree: there its styles are sheets that the page's policy allows, where in the page itself they would be
 * inline. It keeps no history of its own: undo is the screen's, and covers everything.
 */
export function Code({ value, onChange, label, extensions, oneLine = false, invalid = false, onView }: CodeProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const more = useRef(new Compartment());
  /** What was told and has not come back yet. Whoever types fast is ahead of what comes back. */
  const sent = useRef<string[]>([]);
  /** The text that was told last, or came from outside, as the editor has it and as it is written, and what was typed since. */
  const last = useRef<{ text: string; written: string; typed: ChangeSet | undefined }>({ text: value, written: value, typed: undefined });
  const told = useRef({ onChange, onView });
  useEffect(() => {
    told.current = { onChange, onView };
  });
  const shown = [extensions, EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0", ...(invalid && { "aria-invalid": "true" }), ...(oneLine && { class: "one-line" }) })];
  const begins = useRef(shown);
  useEffect(() => {
    const root = host.current?.shadowRoot ?? host.current?.attachShadow({ mode: "open", delegatesFocus: true });
    if (!root) return;
    // A key is painted before the screen makes anything of it.
    const later = afterPaint(() => {
      const text = made.state.doc.toString();
      const { written: before, typed } = last.current;
      // The editor has one kind of line break; the text may have others, and keeps them.
      const written = typed && before.includes("\r") ? asWritten(before, changesOf(typed)) : text;
      last.current = { text, written, typed: undefined };
      sent.current.push(written);
      told.current.onChange(written);
    });
    const made = new EditorView({
      parent: root,
      root,
      doc: value,
      extensions: [
        theme,
        keymap.of(defaultKeymap),
        tooltips({ position: "fixed" }),
        EditorView.lineWrapping,
        more.current.of(begins.current),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged || update.transactions.some((one) => one.annotation(given))) return;
          last.current.typed = last.current.typed?.compose(update.changes) ?? update.changes;
          later.plan();
        }),
        // What is done next is done to what was typed.
        EditorView.domEventHandlers({
          blur: () => later.now(),
          keydown: (event) => {
            if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Enter" || event.key === "Escape" || event.key === "Tab") later.now();
          },
        }),
        ...(oneLine
          ? [
              // What is pasted often ends with a line break. A value that has some already can be changed.
              EditorView.clipboardInputFilter.of((text) => text.trim().replace(/\s*[\r\n]\s*/g, " ")),
              EditorState.transactionFilter.of((transaction) => (transaction.newDoc.lines > Math.max(1, transaction.startState.doc.lines) && !transaction.annotation(given) ? [] : transaction)),
            ]
          : []),
      ],
    });
    // A page that goes away keeps what it was told. The screen's own listener comes after this one, and nothing is drawn any more.
    const leave = () => later.now();
    for (const event of ["pagehide", "visibilitychange"]) addEventListener(event, leave, true);
    view.current = made;
    last.current = { text: made.state.doc.toString(), written: value, typed: undefined };
    told.current.onView?.(made);
    return () => {
      for (const event of ["pagehide", "visibilitychange"]) removeEventListener(event, leave, true);
      later.now();
      told.current.onView?.(undefined);
      made.destroy();
    };
  }, [oneLine]);
  useEffect(() => {
    // It begins with them.
    if (begins.current !== shown) view.current?.dispatch({ effects: more.current.reconfigure(shown) });
  }, [extensions, label, invalid]);
  useEffect(() => {
    const made = view.current;
    if (!made) return;
    const back = sent.current.lastIndexOf(value);
    const behind = back >= 0 && back < sent.current.length - 1;
    sent.current = behind ? sent.current.slice(back + 1) : [];
    if (behind) return;
    const text = oneKind(value);
    const { text: before, typed } = last.current;
    if (text === before) return void (last.current.written = value);
    const { from, to, insert } = difference(before, text) ?? { from: 0, to: 0, insert: "" };
    const change = ChangeSet.of({ from, to, insert }, before.length);
    // What was typed meanwhile is typed into what comes.
    last.current = { text, written: value, typed: typed?.map(change) };
    made.dispatch({ changes: typed ? change.map(typed, true) : change, annotations: given.of(true) });
  }, [value]);
  return <div ref={host} className={["code", oneLine && "one-line", invalid && "invalid"].filter(Boolean).join(" ")} />;
}
