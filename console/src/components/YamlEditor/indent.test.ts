import { insertNewlineAndIndent } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { ensureSyntaxTree } from "@codemirror/language";
import { EditorSelection, EditorState } from "@codemirror/state";
import { expect, test } from "vitest";
import { afterComment } from "./indent";

/** The text after Enter at the `‸`, with the cursor as `‸`. */
function enter(marked: string): string {
  const at = marked.indexOf("‸");
  let state = EditorState.create({ doc: marked.replace("‸", ""), selection: EditorSelection.cursor(at), extensions: [yaml(), afterComment] });
  ensureSyntaxTree(state, state.doc.length, 5_000);
  insertNewlineAndIndent({ state, dispatch: (transaction) => void (state = transaction.state) });
  const { head } = state.selection.main;
  return `${state.sliceDoc(0, head)}‸${state.sliceDoc(head)}`;
}

test.each([
  ["nodes:\n  - id: a # first‸\n", "nodes:\n  - id: a # first\n    ‸\n"],
  ["nodes:\n  - id: a # first‸", "nodes:\n  - id: a # first\n    ‸"],
  ["nodes:\n  - id: a # fi‸rst\n", "nodes:\n  - id: a # fi\n    ‸rst\n"],
  ["nodes:\n  - id: a\n    name: b # named‸\n", "nodes:\n  - id: a\n    name: b # named\n    ‸\n"],
  ["nodes:\n  - id: a\n    next:\n      - to: b # on‸\n", "nodes:\n  - id: a\n    next:\n      - to: b # on\n        ‸\n"],
  ["nodes:\n  - id: a\n    actions: # none yet‸\n", "nodes:\n  - id: a\n    actions: # none yet\n    ‸\n"],
  ["name: F # mine‸\n", "name: F # mine\n‸\n"],
  ["nodes:\n  # about it‸\n  - id: a\n", "nodes:\n  # about it\n  ‸\n  - id: a\n"],
  ["nodes:\n  - id: a\n    # about it‸\n", "nodes:\n  - id: a\n    # about it\n    ‸\n"],
  ["# about it‸", "# about it\n‸"],
  // No comments.
  ["nodes:\n  - id: a‸\n", "nodes:\n  - id: a\n    ‸\n"],
  ["a: |\n  text # of the text‸\n", "a: |\n  text # of the text\n  ‸\n"],
])("a comment moves no line that comes after it: %j", (before, after) => {
  expect(enter(before)).toBe(after);
});
