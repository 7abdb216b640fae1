import { useState } from "react";
import { isRecord } from "./blank";
import { useProblems } from "./context";
import { Group, type Widget } from "./Field";
import { sentence } from "./paths";

export const TYPES = ["string", "integer", "number", "boolean", "datetime", "duration", "json", "list<string>"];

interface Column {
  name: string;
  property: Record<string, unknown>;
}

/** The key of a table is no column. */
const isKey = (name: string) => name.toLowerCase() === "key";

export function columnsOf(schema: unknown): Column[] {
  const properties = isRecord(schema) && isRecord(schema.properties) ? schema.properties : {};
  return Object.entries(properties).flatMap(([name, property]) => (isKey(name) ? [] : [{ name, property: isRecord(property) ? property : {} }]));
}

export function typeOf(property: Record<string, unknown>): string {
  if (typeof property.dataType === "string") return property.dataType;
  return property.format === "date-time" ? "datetime" : String(property.type ?? "string");
}

/** A typed text as a column's type has it. What is no such value stays text, for the server to say so. */
export function cell(typed: string, type: string): unknown {
  if (typed === "") return undefined;
  if (type === "string" || type === "datetime" || type === "duration") return typed;
  try {
    return JSON.parse(typed) as unknown;
  } catch {
    return typed;
  }
}

/** The columns of a table. What else the schema says of them stays. */
export function ColumnsField(widget: Widget) {
  const [columns, setColumns] = useState(() => columnsOf(widget.value));
  const problems = useProblems(widget.path, true).filter((one) => one.path !== widget.path);
  const put = (next: Column[]) => {
    setColumns(next);
    const schema = isRecord(widget.value) ? widget.value : { type: "object" };
    const keys = Object.entries(isRecord(schema.properties) ? schema.properties : {}).filter(([name]) => isKey(name));
    widget.onChange({ ...schema, properties: Object.fromEntries([...keys, ...next.filter((one) => one.name !== "").map((one) => [one.name, one.property])]) });
  };
  const change = (place: number, column: Column) => put(columns.map((before, other) => (other === place ? column : before)));
  const retype = ({ name, property }: Column, dataType: string): Column => {
    const { type: _type, format: _format, items: _items, ...rest } = property;
    return { name, property: { ...rest, dataType } };
  };
  return (
    <Group {...widget} label="Columns" help="Beside the key. Once there are rows, a column keeps its type.">
      <div className="form-list">
        {columns.map((column, place) => {
          const type = typeOf(column.property);
          const { default: value } = column.property;
          return (
            <div key={place} className="form-item column">
              <input className="input" aria-label={`Column ${place + 1}: name`} placeholder="Name" spellCheck={false} value={column.name} onChange={(event) => change(place, { ...column, name: event.target.value })} />
              <select className="input" aria-label={`Column ${place + 1}: type`} value={type} onChange={(event) => change(place, retype(column, event.target.value))}>
                {[...new Set([...TYPES, type])].map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
              <input
                className="input"
                aria-label={`Column ${place + 1}: default`}
                placeholder="Default"
                spellCheck={false}
                defaultValue={value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value)}
                onBlur={(event) => {
                  const { default: _before, ...rest } = column.property;
                  const next = cell(event.target.value, type);
                  change(place, { ...column, property: next === undefined ? rest : { ...rest, default: next } });
                }}
              />
              <button type="button" className="button quiet" aria-label={`Remove column ${column.name || place + 1}`} onClick={() => put(columns.filter((_, other) => other !== place))}>
                Remove
              </button>
            </div>
          );
        })}
        {problems.map((one, place) => (
          <p key={place} className="form-problem">
            {one.path}: {sentence(one)}
          </p>
        ))}
        <button type="button" className="button form-add" onClick={() => setColumns([...columns, { name: "", property: { dataType: "string" } }])}>
          Add a column
        </button>
      </div>
    </Group>
  );
}
