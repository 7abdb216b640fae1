import type { Schemas } from "../api/client";
import { isRecord } from "./value";

/** What a data action is to answer when a flow is tried. */
export type Answer =
  | { kind: "success"; output: Record<string, unknown> }
  | { kind: "failure"; error: Record<string, unknown> }
  | { kind: "timeout" };

/** By the data action's name. */
export type Answers = Readonly<Record<string, Answer>>;

export type Given = Schemas["GivenAnswer"];

/** Why a call fails. That there is no answer in time is no failure. */
export const FAILURES: readonly { value: string; help: string }[] = [
  { value: "status", help: "The service answered with a status that is no success." },
  { value: "answer", help: "The answer can't be read." },
  { value: "output", help: "The answer does not fit the contract." },
  { value: "unreachable", help: "The service was not reached." },
  { value: "unavailable", help: "The service failed several times in a row and is not asked for a while." },
  { value: "privateAddress", help: "The service has an address that may not be connected to." },
  { value: "plainText", help: "The service would be asked without TLS." },
  { value: "input", help: "The inputs do not fit the contract." },
  { value: "request", help: "No valid request can be made of the inputs." },
  { value: "credential", help: "A secret of the request is missing." },
  { value: "deleted", help: "The data action was deleted." },
];

/** Answers as tests of flows write them, in the order of their names. */
export const givenOf = (answers: Answers): Given[] =>
  Object.keys(answers).sort().flatMap((dataAction): Given[] => {
    const answer = answers[dataAction];
    if (!answer) return [];
    if (answer.kind === "success") return [{ dataAction, output: answer.output }];
    return [answer.kind === "failure" ? { dataAction, error: answer.error } : { dataAction, timeout: true }];
  });

/** Answers with another for a data action, or without one. */
export const withAnswer = (answers: Answers, name: string, answer: Answer | undefined): Answers =>
  answer ? { ...answers, [name]: answer } : Object.fromEntries(Object.entries(answers).filter(([one]) => one !== name));

/** Those that a run asked for. */
export const askedOf = (given: readonly Given[], unasked: readonly string[] = []): Given[] => given.filter((one) => !unasked.includes(`data action \`${one.dataAction}\``));

/** All text in answers, to be searched for personal details. */
export const textsIn = (value: unknown): string[] => (typeof value === "string" ? [value] : Array.isArray(value) ? value.flatMap(textsIn) : isRecord(value) ? Object.values(value).flatMap(textsIn) : []);

/** Answers with their texts replaced; what they are an answer of stays. */
export const answersLike = (given: readonly Given[], replace: (text: string) => string): Given[] =>
  given.map((one) => ({ ...one, ...(one.output !== undefined && { output: replacedIn(one.output, replace) }), ...(one.error !== undefined && { error: errorLike(one.error, replace) }) }));

/** A failure's code is no text. */
const errorLike = (error: unknown, replace: (text: string) => string) => (isRecord(error) && typeof error.message === "string" ? { ...error, message: replace(error.message) } : error);

function replacedIn(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === "string") return replace(value);
  if (Array.isArray(value)) return value.map((one) => replacedIn(one, replace));
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replacedIn(one, replace)])) : value;
}
