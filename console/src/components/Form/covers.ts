import type { ObjectShape, Shape } from "../../api/shape";
import { isRecord } from "./blank";

/** Whether a form shows a field for a path, so that what is wrong is said there. */
export function covers(shape: ObjectShape, value: unknown, path: string, hidden: string[] = []): boolean {
  const steps = path.split(/[.[\]]+/).filter(Boolean);
  return steps.length > 0 && !hidden.includes(steps[0] ?? "") && shows(shape, value, steps);
}

function shows(shape: Shape, value: unknown, [step, ...rest]: string[]): boolean {
  if (step === undefined) return true;
  if (shape.kind === "list") return Array.isArray(value) && value[Number(step)] !== undefined && shows(shape.item, value[Number(step)], rest);
  if (shape.kind !== "object") return true;
  const field = shape.fields.find((one) => one.name === step);
  if (!field) return false;
  const object = isRecord(value) ? value : {};
  const groups = shape.choices?.find((one) => one.options.some((option) => option.members.includes(step)))?.options;
  // Of a choice, the members that are set are shown; where none is, those of the first group.
  const used = groups?.find((option) => option.members.some((name) => object[name] !== undefined)) ?? groups?.[0];
  if (used && !used.members.includes(step)) return false;
  if (field.shape.kind === "object" && object[step] === undefined && !field.required && rest.length > 0) return false;
  return shows(field.shape, object[step], rest);
}
