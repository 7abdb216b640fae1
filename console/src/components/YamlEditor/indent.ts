import { getIndentation, IndentContext, indentService, syntaxTree } from "@codemirror/language";
import { countColumn } from "@codemirror/state";

/**
 * Where a line begins that Enter makes within or after a comment. YAML's own rules know nothing of comments: a line with one goes on as it would
 * without, and one that is a comment alone where that began.
 */
export const afterComment = indentService.of((context, at) => {
  const { state } = context;
  const comment = syntaxTree(state).resolveInner(at, -1);
  if (comment.name !== "Comment") return undefined;
  const line = state.doc.lineAt(comment.from);
  const before = line.text.slice(0, comment.from - line.from);
  const end = line.from + before.trimEnd().length;
  if (end === line.from) return countColumn(before, state.tabSize);
  return getIndentation(new IndentContext(state, { simulateBreak: end }), end) ?? context.lineIndent(end);
});
