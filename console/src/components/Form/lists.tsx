import { useEffect, useRef, useState } from "react";
import type { Shape } from "../../api/shape";
import { equal } from "../../edit/value";
import { blank, isRecord } from "./blank";
import { useProblems } from "./context";
import { Group, type Widget } from "./Field";
import { ShapeField } from "./Form";
import { at, sentence } from "./paths";

/** Values in order. What is simple stands in a line each. */
export function ListField({ item, one, ...widget }: Widget & { item: Shape; one: string }) {
  const values = Array.isArray(widget.value) ? (widget.value as unknown[]) : [];
  const nextKey = useRef(values.length);
  const [keys, setKeys] = useState(() => values.map((_, place) => place));
  const box = useRef<HTMLDivElement>(null);
  const put = (next: unknown[]) => widget.onChange(next.length === 0 && !widget.required ? undefined : next);
  const add = () => {
    setKeys([...keys, nextKey.current++]);
    put([...values, blank(item) ?? ""]);
    setTimeout(() => box.current?.querySelector<HTMLElement>(".form-item:last-of-type :is(input, select, textarea)")?.focus());
  };
  const remove = (place: number) => {
    setKeys(keys.filter((_, other) => other !== place));
    put(values.filter((_, other) => other !== place));
    setTimeout(() => box.current?.querySelector<HTMLElement>(".form-add")?.focus());
  };
  return (
    <Group {...widget}>
      <div ref={box} className="form-list">
        {values.map((value, place) => (
          <div key={keys[place] ?? `new-${place}`} className={item.kind === "object" ? "form-item boxed" : "form-item"}>
            <ShapeField
              shape={item}
              path={at(widget.path, place)}
              label={`${one[0]?.toUpperCase()}${one.slice(1)} ${place + 1}`}
              required
              value={value}
              onChange={(next) => put(values.map((before, other) => (other === place ? (next ?? "") : before)))}
            />
            <button type="button" className="button quiet" aria-label={`Remove ${one} ${place + 1}`} onClick={() => remove(place)}>
              Remove
            </button>
          </div>
        ))}
        <button type="button" className="button form-add" onClick={add}>
          Add {/^[aeiou]/.test(one) ? "an" : "a"} {one}
        </button>
      </div>
    </Group>
  );
}

type Row = [name: string, value: unknown];

const named = (rows: Row[]) => Object.fromEntries(rows.filter(([name]) => name !== ""));
const shown = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** Names and values. A value that is no text stays what it is until it is changed. */
export function MapField(widget: Widget) {
  const given = isRecord(widget.value) ? widget.value : {};
  const [rows, setRows] = useState<Row[]>(() => Object.entries(given));
  const text = JSON.stringify(given);
  useEffect(() => {
    const now = JSON.parse(text) as Record<string, unknown>;
    // What was changed elsewhere, by undo for example, is shown. Lines without a name stand here alone.
    setRows((before) => (equal(named(before), now) ? before : Object.entries(now)));
  }, [text]);
  const problems = useProblems(widget.path, true).filter((one) => one.path !== widget.path);
  const put = (next: Row[]) => {
    setRows(next);
    const made = named(next);
    widget.onChange(Object.keys(made).length === 0 && !widget.required ? undefined : made);
  };
  const change = (place: number, row: Row) => put(rows.map((before, other) => (other === place ? row : before)));
  return (
    <Group {...widget}>
      <div className="form-list">
        {rows.map(([name, value], place) => (
          <div key={place} className="form-item pair">
            <input className="input" aria-label={`${widget.label}: name ${place + 1}`} placeholder="Name" spellCheck={false} value={name} onChange={(event) => change(place, [event.target.value, value])} />
            <input className="input" aria-label={`${widget.label}: value ${place + 1}`} placeholder="Value" spellCheck={false} value={shown(value)} onChange={(event) => change(place, [name, event.target.value])} />
            <button type="button" className="button quiet" aria-label={`Remove ${name || "this"} from ${widget.label}`} onClick={() => put(rows.filter((_, other) => other !== place))}>
              Remove
            </button>
          </div>
        ))}
        {problems.map((one, place) => (
          <p key={place} className="form-problem">
            {one.path}: {sentence(one)}
          </p>
        ))}
        <button type="button" className="button form-add" onClick={() => setRows([...rows, ["", ""]])}>
          Add a line
        </button>
      </div>
    </Group>
  );
}
