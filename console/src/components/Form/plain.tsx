import { useState } from "react";
import type { Option, Shape } from "../../api/shape";
import { duration } from "../QueueTable/QueueTable";
import { useForm } from "./context";
import { isoDuration } from "./duration";
import { Field, Group, Prose, type Widget } from "./Field";

const text = (value: unknown) => (value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** Text that is empty is left out, unless something must be there. */
export function TextField({ shape, ...widget }: Widget & { shape: Extract<Shape, { kind: "text" }> }) {
  const take = (next: string) => widget.onChange(next === "" && !widget.required ? undefined : next);
  return (
    <Field {...widget}>
      {(wiring) =>
        shape.long ? (
          <textarea {...wiring} className="input mono" rows={5} spellCheck={false} value={text(widget.value)} onChange={(event) => take(event.target.value)} />
        ) : (
          <input
            {...wiring}
            className="input"
            type={shape.hidden ? "password" : "text"}
            autoComplete={shape.hidden ? "new-password" : "off"}
            spellCheck={false}
            placeholder={shape.sample}
            value={text(widget.value)}
            onChange={(event) => take(event.target.value)}
          />
        )
      }
    </Field>
  );
}

/** What was changed elsewhere, by undo for example, is shown. Not by an effect: one that runs late takes back what was typed since. */
function useFollowed(shown: string, follow: () => void) {
  const [before, setBefore] = useState(shown);
  if (before === shown) return;
  setBefore(shown);
  follow();
}

/** What is typed is read when the field is left. */
function Typed({ widget, read, shown, note, sample, numeric = false }: { widget: Widget; read: (typed: string) => unknown; shown: string; note?: string | undefined; sample?: string; numeric?: boolean }) {
  const [typed, setTyped] = useState(shown);
  useFollowed(shown, () => setTyped(shown));
  const leave = () => {
    if (typed !== shown) widget.onChange(typed.trim() === "" ? undefined : read(typed));
  };
  return (
    <Field {...widget} note={note && <p className="form-help">{note}</p>}>
      {(wiring) => (
        <input
          {...wiring}
          className="input short"
          inputMode={numeric ? "numeric" : undefined}
          placeholder={sample}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={leave}
          onKeyDown={(event) => event.key === "Enter" && leave()}
        />
      )}
    </Field>
  );
}

export function NumberField(widget: Widget) {
  const read = (typed: string) => (Number.isFinite(Number(typed)) ? Number(typed) : typed.trim());
  return <Typed widget={widget} read={read} shown={text(widget.value)} numeric />;
}

/** `4 h` is as good as `PT4H`. */
export function DurationField(widget: Widget) {
  const iso = text(widget.value);
  const words = duration(iso);
  return <Typed widget={widget} read={isoDuration} shown={words} sample="4 h 30 min" note={iso && words === iso ? `${iso} is not a duration. Write 4 h 30 min, or PT4H30M.` : undefined} />;
}

/** One word, or several with commas between. */
export function WordsField(widget: Widget) {
  const shown = Array.isArray(widget.value) ? widget.value.join(", ") : text(widget.value);
  const read = (typed: string) => {
    const words = typed.split(",").map((one) => one.trim()).filter(Boolean);
    return words.length > 1 ? words : (words[0] ?? "");
  };
  return <Typed widget={widget} read={read} shown={shown} />;
}

export function BooleanField(widget: Widget) {
  return (
    <div className="form-check">
      <Field {...widget} required>
        {(wiring) => <input {...wiring} type="checkbox" checked={widget.value === true} onChange={(event) => widget.onChange(event.target.checked)} />}
      </Field>
    </div>
  );
}

export function EnumField({ options, ...widget }: Widget & { options: Option[] }) {
  const chosen = options.find((one) => one.value === widget.value);
  const unknown = widget.value !== undefined && !chosen;
  return (
    <Field {...widget} note={chosen?.help && <p className="form-help"><Prose text={chosen.help} /></p>}>
      {(wiring) => (
        <select {...wiring} className="input short" value={text(widget.value)} onChange={(event) => widget.onChange(event.target.value || undefined)}>
          {(!widget.required || widget.value === undefined) && <option value="">{widget.required ? "Choose" : "Not set"}</option>}
          {unknown && <option>{text(widget.value)}</option>}
          {options.map((one) => (
            <option key={one.value}>{one.value}</option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function SeveralField({ options, ...widget }: Widget & { options: Option[] }) {
  const chosen = Array.isArray(widget.value) ? (widget.value as string[]) : [];
  // What this console does not know stays, and can be taken away.
  const all = [...options, ...chosen.filter((one) => !options.some((option) => option.value === one)).map((value): Option => ({ value }))];
  return (
    <Group {...widget}>
      <div className="form-several">
        {all.map(({ value, help }) => (
          <label key={value}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={(event) => widget.onChange(event.target.checked ? [...chosen, value] : chosen.filter((one) => one !== value))}
            />
            <span>
              <code>{value}</code> {help && <span className="muted"><Prose text={help} /></span>}
            </span>
          </label>
        ))}
      </div>
    </Group>
  );
}

function sameJson(typed: string, shown: string): boolean {
  try {
    return typed.trim() === shown || JSON.stringify(JSON.parse(typed), null, 2) === shown;
  } catch {
    return false;
  }
}

/** Anything, as JSON. Text that is not JSON is told, and not sent. */
export function JsonField(widget: Widget) {
  const shown = widget.value === undefined ? "" : JSON.stringify(widget.value, null, 2);
  const [typed, setTyped] = useState(shown);
  const [wrong, setWrong] = useState("");
  const { onBroken } = useForm();
  useFollowed(shown, () => !sameJson(typed, shown) && setTyped(shown));
  const take = (next: string) => {
    setTyped(next);
    try {
      widget.onChange(next.trim() === "" ? undefined : JSON.parse(next));
      setWrong("");
      onBroken(widget.path, false);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
      onBroken(widget.path, true);
    }
  };
  return (
    <Field {...widget} note={wrong && <p className="form-problem">This is not JSON: {wrong}</p>}>
      {(wiring) => (
        <textarea
          {...wiring}
          {...(wrong && { "aria-invalid": true })}
          className="input mono"
          rows={Math.min(18, Math.max(3, typed.split("\n").length))}
          spellCheck={false}
          value={typed}
          onChange={(event) => take(event.target.value)}
        />
      )}
    </Field>
  );
}
