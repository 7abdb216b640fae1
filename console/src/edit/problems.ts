import type { Schemas } from "../api/client";
import { rangeAt, read } from "./edit";
import { type Path, steps } from "./value";

export type Problem = Schemas["Problem"];

/** Problems of one document of a change set, by paths within the document. */
export function ofDocument(problems: Problem[]): { own: Problem[]; others: Problem[] } {
  const own: Problem[] = [];
  const others: Problem[] = [];
  for (const one of problems) {
    const [, within] = /^flows\[0\](?:\.document)?\.?(.*)$/.exec(one.path ?? "") ?? [];
    if (within !== undefined && !one.flowId) own.push({ ...one, path: within });
    else others.push(one);
  }
  return { own, others };
}

/** The node that a problem is in, by its place. */
export function nodeAt(problem: Problem): number | undefined {
  const [, place] = /^nodes\[(\d+)\]/.exec(problem.path ?? "") ?? [];
  return place === undefined ? undefined : Number(place);
}

/** Where in a document's text a path is: the value, or what is nearest to it. */
export function rangeOf(text: string, path: string): { from: number; to: number } {
  const reading = read(text);
  for (let at: Path = steps(path); at.length > 0; at = at.slice(0, -1)) {
    const found = rangeAt(reading, at);
    if (!found) continue;
    const [from, to] = found;
    const end = text.indexOf("\n", from);
    return { from, to: Math.max(from, Math.min(to, end < 0 ? to : end)) };
  }
  return { from: 0, to: Math.max(0, text.indexOf("\n")) };
}
