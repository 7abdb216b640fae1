import type { ReactNode } from "react";
import type { Entity } from "../../api/objects";
import type { Field, FormShape } from "../../api/shape";
import { Age } from "../Age/Age";
import { isRecord } from "../Form/blank";
import { duration } from "../QueueTable/QueueTable";
import "./Facts.css";

/** The members of an object, by the labels that its form has. */
export function Facts({ entity, shape, leave = [] }: { entity: Entity; shape: FormShape; leave?: string[] }) {
  const fields = shape.fields.filter((field) => entity[field.name] !== undefined && !leave.includes(field.name));
  const known = new Set([...shape.fields.map((field) => field.name), ...shape.managed, ...leave]);
  const others = Object.entries(entity).filter(([name]) => !known.has(name));
  return (
    <dl className="facts">
      {fields.map((field) => (
        <Fact key={field.name} name={field.label}>
          {shownBy(field, entity[field.name])}
        </Fact>
      ))}
      {others.map(([name, value]) => (
        <Fact key={name} name={name}>
          {shown(value)}
        </Fact>
      ))}
      {typeof entity.dateModified === "string" && (
        <Fact name="Changed">
          <Age at={entity.dateModified} />
        </Fact>
      )}
      {typeof entity.dateCreated === "string" && (
        <Fact name="Created">
          <Age at={entity.dateCreated} />
        </Fact>
      )}
    </dl>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

const shownBy = (field: Field, value: unknown): ReactNode => (field.shape.kind === "duration" ? duration(String(value)) : shown(value));

const isReference = (value: unknown): value is { name: string } =>
  isRecord(value) && typeof value.name === "string" && Object.keys(value).every((name) => ["id", "name", "selfUri"].includes(name));

/** Any value, as people read it: references by name, simple lists in a line. */
export function shown(value: unknown): ReactNode {
  if (value === null || value === undefined || value === "") return <span className="muted">–</span>;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "object") return String(value);
  if (isReference(value)) return value.name;
  const simple = (one: unknown) => typeof one !== "object" || one === null;
  if (Array.isArray(value) && value.every(simple)) return value.length > 0 ? value.join(", ") : <span className="muted">none</span>;
  const told = (one: unknown) => Object.entries(one as object).map(([name, member]) => `${name}: ${Array.isArray(member) ? member.join(", ") : String(member)}`).join(" · ");
  const flat = (one: unknown) => isRecord(one) && Object.values(one).every((member) => simple(member) || (Array.isArray(member) && member.every(simple)));
  if (Array.isArray(value) && value.every(flat)) {
    return (
      <ul className="fact-list">
        {value.map((one, place) => (
          <li key={place}>{told(one)}</li>
        ))}
      </ul>
    );
  }
  const entries = Array.isArray(value) ? [] : Object.entries(value);
  if (entries.length > 0 && entries.length <= 4 && entries.every(([, one]) => simple(one) || isReference(one))) {
    return entries.map(([name, one]) => `${name}: ${String(isReference(one) ? one.name : one)}`).join(", ");
  }
  return <pre className="fact-json">{JSON.stringify(value, null, 2)}</pre>;
}
