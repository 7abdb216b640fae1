import { defaultKeymap } from "@codemirror/commands";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, tooltips } from "@codemirror/view";
import { useEffect, useRef } from "react";
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
  const told = useRef({ onChange, onView });
  useEffect(() => {
    told.current = { onChange, onView };
  });
  const shown = [extensions, EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0", ...(invalid && { "aria-invalid": "true" }), ...(oneLine && { class: "one-line" }) })];
  const begins = useRef(shown);
  useEffect(() => {
    const root = host.current?.shadowRoot ?? host.current?.attachShadow({ mode: "open", delegatesFocus: true });
    if (!root) return;
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
          if (update.docChanged && !update.transactions.some((one) => one.annotation(given))) {
            const text = update.state.doc.toString();
            sent.current.push(text);
            told.current.onChange(text);
          }
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
    view.current = made;
    told.current.onView?.(made);
    return () => {
      told.current.onView?.(undefined);
      made.destroy();
    };
  }, [oneLine]);
  useEffect(() => {
    view.current?.dispatch({ effects: more.current.reconfigure(shown) });
  }, [extensions, label, invalid]);
  useEffect(() => {
    const made = view.current;
    if (!made) return;
    const back = sent.current.lastIndexOf(value);
    const behind = back >= 0 && back < sent.current.length - 1;
    sent.current = behind ? sent.current.slice(back + 1) : [];
    if (behind) return;
    // The editor has one kind of line break.
    const change = difference(made.state.doc.toString(), value.replace(/\r\n?/g, "\n"));
    if (change) made.dispatch({ changes: change, annotations: given.of(true) });
  }, [value]);
  return <div ref={host} className={["code", oneLine && "one-line", invalid && "invalid"].filter(Boolean).join(" ")} />;
}

/** What differs between two texts, as one change: the cursor stays where it is. */
export function difference(before: string, after: string): { from: number; to: number; insert: string } | undefined {
  if (before === after) return undefined;
  const most = Math.min(before.length, after.length);
  let from = 0;
  while (from < most && before[from] === after[from]) from++;
  let back = 0;
  while (back < most - from && before[before.length - 1 - back] === after[after.length - 1 - back]) back++;
  return { from, to: before.length - back, insert: after.slice(from, after.length - back) };
}
