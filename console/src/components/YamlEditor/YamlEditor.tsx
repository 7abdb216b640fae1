import { yaml } from "@codemirror/lang-yaml";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorView, highlightActiveLineGutter, lineNumbers } from "@codemirror/view";
import { useEffect, useMemo, useRef, useState } from "react";
import { ACTIONS, LANGUAGE } from "../../api/language";
import { oneKind } from "../../edit/breaks";
import { type Problem, rangeOf } from "../../edit/problems";
import { completeYaml } from "../../edit/yaml";
import { Code } from "../Code/Code";
import { suggesting } from "../Code/suggest";
import type { FlowFacts } from "../Form/context";
import { sentence } from "../Form/paths";
import { afterComment } from "./indent";

interface Props {
  value: string;
  onChange: (value: string) => void;
  facts: FlowFacts;
  problems: Problem[];
  /** Why the text can't be read, if it can't. */
  broken?: string | undefined;
  /** The path of what is looked at elsewhere: it is brought into view. */
  look?: string | undefined;
}

/** A flow as YAML. Problems stand at their lines. */
export default function YamlEditor({ value, onChange, facts, problems, broken, look }: Props) {
  const [view, setView] = useState<EditorView>();
  const { scope, nodes, names } = facts;
  const extensions = useMemo(
    () => [yaml(), afterComment, lineNumbers(), highlightActiveLineGutter(), lintGutter(), suggesting((text, at) => completeYaml(text, at, { scope, language: LANGUAGE, actions: ACTIONS, nodes, names }))],
    [scope, nodes, names],
  );
  // Marks move with the text that they are at: they are set when something else is wrong, not at each keystroke.
  const marked = useRef<{ view?: EditorView; problems?: Problem[]; broken?: string | undefined }>({ problems: [] });
  useEffect(() => {
    const before = marked.current;
    const same = broken === before.broken && (before.problems === problems || (before.problems?.length === 0 && problems.length === 0));
    if (!view || (same && (before.view === view || (problems.length === 0 && broken === undefined)))) return;
    const text = view.state.doc.toString();
    // What is known of another text would stand at the wrong lines.
    if (text !== oneKind(value)) return;
    marked.current = { view, problems, broken };
    view.dispatch(setDiagnostics(view.state, broken !== undefined ? [brokenAt(text, broken)] : problems.map((one) => diagnostic(text, one))));
  }, [view, value, problems, broken]);
  useEffect(() => {
    if (!view || look === undefined || view.hasFocus) return;
    const { from } = rangeOf(view.state.doc.toString(), look);
    view.dispatch({ effects: EditorView.scrollIntoView(from, { y: "start", yMargin: 40 }) });
  }, [view, look]);
  return <Code value={value} onChange={onChange} label="The flow as YAML" extensions={extensions} invalid={broken !== undefined} onView={setView} />;
}

function diagnostic(text: string, problem: Problem): Diagnostic {
  const { from, to } = rangeOf(text, problem.path ?? "");
  return { from, to, severity: problem.severity === "warning" ? "warning" : "error", message: sentence(problem) };
}

/** The reader's message names the line. */
function brokenAt(text: string, message: string): Diagnostic {
  const line = Number(/at line (\d+)/.exec(message)?.[1] ?? 1);
  const from = text.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const end = text.indexOf("\n", from);
  return { from: Math.min(from, text.length), to: end < 0 ? text.length : end, severity: "error", message: message.split("\n")[0] ?? message };
}
