/** What a form knows of a value: `shapes/write.mjs` makes these from `docs/openapi.json`. */
export type Shape =
  | { kind: "text"; long?: boolean; hidden?: boolean; sample?: string }
  | { kind: "duration" }
  | { kind: "words" }
  | { kind: "number"; integer: boolean; least?: number; most?: number }
  | { kind: "boolean" }
  | { kind: "enum"; options: Option[] }
  | { kind: "several"; options: Option[] }
  | { kind: "list"; item: Shape; one: string }
  | { kind: "map"; value: Shape }
  | { kind: "reference"; to: string; by: "id" | "name" }
  | { kind: "columns" }
  | { kind: "json" }
  | { kind: "expression"; /** Whether it may be more than text. */ any?: boolean; long?: boolean; /** The kind of object that text names. */ to?: string }
  | { kind: "node" }
  | ObjectShape;

export interface Option {
  value: string;
  help?: string;
}

export interface ObjectShape {
  kind: "object";
  fields: Field[];
  /** Members of which one group is used, such as a flow or a queue. */
  choices?: Choice[];
}

export interface Choice {
  label: string;
  /** Whether none of them will do. */
  none?: string;
  options: { label: string; members: string[] }[];
}

export interface Field {
  name: string;
  label: string;
  help: string;
  required: boolean;
  shape: Shape;
  /** What can't be changed later. */
  fixed?: boolean;
}

/** The form of a kind of object. */
export interface FormShape extends ObjectShape {
  /** Members that the server sets: they are read, and never sent. */
  managed: string[];
}

/** The form of one action of flows. */
export interface ActionShape {
  type: string;
  about: string;
  /** Whether it has actions of its own. */
  inner: boolean;
  shape: ObjectShape;
}

/** What expressions can name. */
export interface Language {
  /** By what they are members of: `interaction`, `interaction.email`, `address`. */
  members: Record<string, { name: string; type: string; help: string }[]>;
  functions: { name: string; signatures: string[]; help: string; example?: string }[];
  macros: { written: string; help: string; type: string }[];
}
