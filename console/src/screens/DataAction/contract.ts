import type { ObjectShape, Shape } from "../../api/shape";
import { isRecord } from "../../components/Form/blank";

export interface Member {
  name: string;
  type: string;
  required: boolean;
  help: string;
}

/** The members that an object's JSON Schema names. */
export function members(schema: unknown): Member[] {
  if (!isRecord(schema) || !isRecord(schema.properties)) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    type: typeOf(property),
    required: required.includes(name),
    help: isRecord(property) && typeof property.description === "string" ? property.description : "",
  }));
}

function typeOf(property: unknown): string {
  if (!isRecord(property)) return "anything";
  const type = Array.isArray(property.type) ? property.type.join(" or ") : String(property.type ?? "anything");
  return type === "array" ? `list of ${typeOf(property.items)}` : type;
}

const SHAPES: Record<string, Shape> = {
  string: { kind: "text" },
  integer: { kind: "number", integer: true },
  number: { kind: "number", integer: false },
  boolean: { kind: "boolean" },
};

/** A form for what a schema describes. */
export const shapeOf = (schema: unknown): ObjectShape => ({
  kind: "object",
  fields: members(schema).map(({ name, type, required, help }) => ({ name, label: name, help: help || type, required, shape: SHAPES[type] ?? { kind: "json" } })),
});
