import type { Shape } from "../../api/shape";

/** What a new value of a shape begins as; undefined is left out. */
export function blank(shape: Shape): unknown {
  switch (shape.kind) {
    case "object":
      return {};
    case "list":
    case "several":
      return [];
    case "map":
      return {};
    case "columns":
      return { type: "object", properties: {} };
    case "boolean":
      return false;
    case "text":
    case "words":
    case "expression":
      return "";
    default:
      return undefined;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** An object with a member set, or left out where the value is undefined. Members keep their order. */
export function withMember(object: unknown, name: string, value: unknown): Record<string, unknown> {
  const before = isRecord(object) ? object : {};
  if (value === undefined) return Object.fromEntries(Object.entries(before).filter(([one]) => one !== name));
  return { ...before, [name]: value };
}
