import { placeholder } from "@codemirror/view";
import { useMemo } from "react";
import { LANGUAGE } from "../../api/language";
import type { Shape } from "../../api/shape";
import { complete } from "../../edit/complete";
import { Code } from "../Code/Code";
import { suggesting } from "../Code/suggest";
import { useForm, useProblems } from "../Form/context";
import { Field, type Widget } from "../Form/Field";

/** A value as it is typed: text stands as it is, unless it would read as something else. */
export function shownOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return JSON.stringify(value);
  return parsed(value) === undefined ? value : JSON.stringify(value);
}

/** What was typed: JSON if it is some, else text. */
export function typedOf(text: string, any: boolean): unknown {
  return any ? (parsed(text) ?? text) : text;
}

function parsed(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    // `1.0` on the way to `1.05` is not yet a number: it would be written as `1`.
    if (typeof value === "number" && String(value) !== text) return undefined;
    return value ?? undefined;
  } catch {
    return undefined;
  }
}

/** Text with expressions in it: what they can name is offered as one types, with what it is for. */
export default function ExpressionField({ shape, ...widget }: Widget & { shape: Extract<Shape, { kind: "expression" }> }) {
  const { flow } = useForm();
  const problems = useProblems(widget.path, true);
  const { any = false, long = false, to } = shape;
  const { scope, names: named } = flow ?? {};
  const names = useMemo(() => (to && named ? named(to) : []), [to, named]);
  const extensions = useMemo(
    () => [suggesting((text, at) => (scope ? complete(text, at, scope, LANGUAGE, names) : undefined)), ...(any ? [placeholder("text, ${expression} or JSON")] : to ? [placeholder("name, or ${expression}")] : [])],
    [scope, names, any, to],
  );
  const shown = any ? shownOf(widget.value) : typeof widget.value === "string" ? widget.value : widget.value === undefined || widget.value === null ? "" : JSON.stringify(widget.value);
  return (
    <Field {...widget}>
      {({ id }) => (
        <div id={id}>
          <Code value={shown} onChange={(next) => widget.onChange(next === "" && !widget.required ? undefined : typedOf(next, any))} label={widget.label} extensions={extensions} oneLine={!long} invalid={problems.length > 0} />
        </div>
      )}
    </Field>
  );
}
