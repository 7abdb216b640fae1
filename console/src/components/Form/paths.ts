import type { Schemas } from "../../api/client";

export type Problem = Schemas["Problem"];

/** A path as the server writes it: `folders[0]`, `auth.oauth.tokenUrl`. */
export function at(path: string, step: string | number): string {
  if (typeof step === "number") return `${path}[${step}]`;
  return path ? `${path}.${step}` : step;
}

/** Whether a problem is about a path or something below it. */
export function concerns(problem: Problem, path: string): boolean {
  const found = problem.path ?? "";
  return found === path || (found.startsWith(path) && /^[.[]/.test(found.slice(path.length)));
}

export function sentence(problem: Problem): string {
  // A message that says already what is expected needs no more words for it.
  const expected = problem.expected && !problem.message.includes(`expected ${problem.expected}`) && `expected ${problem.expected}`;
  const more = [expected, problem.suggestion].filter(Boolean);
  return [problem.message, ...more].join("; ");
}
