import { autocompletion, type Completion as Option, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import type { Completion, Suggestion } from "../../edit/complete";

/** Offers what can stand at the cursor. `find` is asked at each keystroke, and asks nobody else. */
export function suggesting(find: (text: string, at: number) => Completion | undefined): Extension {
  return autocompletion({
    override: [
      (context: CompletionContext): CompletionResult | null => {
        const found = find(context.state.doc.toString(), context.pos);
        if (!found || found.suggestions.length === 0) return null;
        const typed = context.pos > found.from || /[.{]/.test(context.state.sliceDoc(context.pos - 1, context.pos));
        return context.explicit || typed ? { from: found.from, options: found.suggestions.map(option), validFor: /^\w*$/ } : null;
      },
    ],
    icons: false,
  });
}

function option({ label, kind, detail, help, apply }: Suggestion): Option {
  const put = apply === undefined ? undefined : (view: EditorView, _: Option, from: number, to: number) => {
    const cursor = apply.indexOf("‸");
    view.dispatch({ changes: { from, to, insert: apply.replace("‸", "") }, selection: { anchor: from + (cursor < 0 ? apply.length : cursor) }, userEvent: "input.complete" });
  };
  return { label, type: kind, ...(detail && { detail }), ...(help && { info: help }), ...(put && { apply: put }) };
}
