import { FLOW_TYPES } from "../api/flowTypes";
import type { ActionShape, Language } from "../api/shape";
import { complete, type Completion, type Suggestion } from "./complete";
import type { Named, Scope } from "./scope";

/** What completion in a flow's YAML knows. */
export interface Known {
  scope: Scope;
  language: Language;
  actions: ActionShape[];
  nodes: string[];
  names: (kind: string) => Named[];
}

const of = (...names: [string, string?][]): Suggestion[] => names.map(([label, help]) => ({ label, kind: "property", ...(help && { help }), apply: `${label}: ‸` }));
const TYPES = ["string", "integer", "number", "boolean", "datetime", "duration", "json", "list<string>", "map<string>"];
const DECLARED = of(["name"], ["dataType"], ["description"], ["default"]);

/** Members of the lists and objects of a flow that are no action's. */
const MEMBERS: Record<string, Suggestion[]> = {
  "": of(["name"], ["type"], ["description", "What the flow is for."], ["inputs"], ["outputs"], ["variables"], ["conditionSet", "What must hold for the flow to start."], ["nodes"], ["onError", "Where an error that no action caught goes."], ["end", "What walking off the end means."], ["deprecated"]),
  nodes: of(["id"], ["name", "What people call it."], ["actions"], ["next", "Where the run goes on: the first branch that holds."]),
  next: of(["when", "A condition; without one the branch is always taken."], ["to"], ["name"]),
  inputs: DECLARED,
  outputs: DECLARED,
  variables: DECLARED,
  conditionSet: of(["match"], ["conditions"]),
  conditions: of(["when"]),
  onError: of(["to"]),
  notFound: of(["to"]),
  failure: of(["to"]),
  timedOut: of(["to"]),
  end: of(["disposition"], ["queue"]),
  inputMapping: of(["name"], ["value"]),
  outputMapping: of(["name"], ["value"]),
  failureMapping: of(["name"], ["value"]),
};

/** What can stand at a place of a flow's YAML: an expression's names, a value, or a member. */
export function completeYaml(text: string, at: number, known: Known): Completion | undefined {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const line = text.slice(start, at);
  const inside = complete(line, line.length, known.scope, known.language);
  if (inside) return { ...inside, from: start + inside.from };
  if (/(^|\s)#/.test(line)) return undefined;
  const [, before = "", member = "", typed = ""] = /^(.*?)(\w+): +["']?([^"',{}[\]]*)$/.exec(line) ?? [];
  if (member) {
    const suggestions = valuesOf(member, before, text, start, known);
    return suggestions.length > 0 ? { from: at - typed.length, suggestions } : undefined;
  }
  const [, indent = "", word = ""] = /^((?:\s|- )*)(\w*)$/.exec(line) ?? [];
  if (!/^(?:\s|- )*\w*$/.test(line)) return undefined;
  const { parent, siblings } = around(text, start, indent.length);
  const taken = new Set([...siblings.matchAll(/^(?:\s|- )*(\w+):/gm)].map(([, name]) => name));
  const offered = parent === "actions" ? membersOfAction(siblings, known) : (MEMBERS[parent] ?? []);
  return { from: at - word.length, suggestions: offered.filter((one) => !taken.has(one.label)) };
}

function membersOfAction(siblings: string, { actions }: Known): Suggestion[] {
  const [, type] = /^(?:\s|- )*type: *["']?(\w+)/m.exec(siblings) ?? [];
  const shape = actions.find((one) => one.type === type);
  if (!shape) return of(["type"]);
  return [...of(...shape.shape.fields.map((field): [string, string] => [field.name, field.help])), ...(shape.inner ? of(["actions"]) : [])];
}

function valuesOf(member: string, before: string, text: string, start: number, known: Known): Suggestion[] {
  const plain = (names: string[]): Suggestion[] => names.map((label) => ({ label, kind: "keyword" }));
  const named = (kind: string) => known.names(kind).map(({ name, help }): Suggestion => ({ label: name, kind: "variable", ...(help && { detail: help }) }));
  if (member === "to") return plain(known.nodes);
  if (member === "dataType") return plain(TYPES);
  if (member === "disposition") return plain(["unrouted", "disconnect", "queue"]);
  if (member === "match") return plain(["all", "any"]);
  if (member === "level") return plain(["debug", "info", "warn", "error"]);
  if (member === "type") {
    const top = before.trim() === "" && !/^\s/.test(text.slice(start));
    return top ? plain(FLOW_TYPES.map((one) => one.type)) : known.actions.map(({ type, about }) => ({ label: type, kind: "keyword", help: about }));
  }
  return named(member);
}

/** The member that the lines at an indentation belong to, and those lines. */
function around(text: string, start: number, indent: number): { parent: string; siblings: string } {
  const column = (line: string) => /^(?:\s|- )*/.exec(line)?.[0].length ?? 0;
  const blank = (line: string) => line.trim() === "" || line.trim().startsWith("#");
  const siblings: string[] = [];
  let parent = "";
  let [top = ""] = /^.*/.exec(text.slice(start, start + LONGEST_LINE)) ?? [];
  for (const line of above(text, start)) {
    if (isItem(top, indent)) break;
    if (blank(line) || column(line) > indent) continue;
    if (column(line) < indent) break;
    siblings.unshift(line);
    top = line;
  }
  for (const line of below(text, start)) {
    if (blank(line) || column(line) > indent) continue;
    if (column(line) < indent || isItem(line, indent)) break;
    siblings.push(line);
  }
  if (indent === 0) return { parent, siblings: siblings.join("\n") };
  for (const line of above(text, start)) {
    const [, lead = "", name = ""] = /^((?:\s|- )*)(\w+):\s*(?:#.*)?$/.exec(line) ?? [];
    if (name && lead.length < indent && !(isItem(top, indent) && lead.length >= indent)) {
      parent = name;
      break;
    }
  }
  return { parent, siblings: siblings.join("\n") };
}

const LONGEST_LINE = 10_000;

/** The lines before a place, the nearest first: of thousands only those that are looked at are cut out. */
function* above(text: string, start: number): Generator<string> {
  for (let end = start - 1; end >= 0; ) {
    const from = end === 0 ? 0 : text.lastIndexOf("\n", end - 1) + 1;
    yield text.slice(from, end);
    end = from - 1;
  }
}

/** The lines after the one that begins at a place. */
function* below(text: string, start: number): Generator<string> {
  for (let end = text.indexOf("\n", start); end >= 0; ) {
    const next = text.indexOf("\n", end + 1);
    yield text.slice(end + 1, next < 0 ? text.length : next);
    end = next;
  }
}

/** Whether a line begins an item of a list whose members stand at an indentation. */
const isItem = (line: string, indent: number) => indent >= 2 && line.slice(indent - 2, indent) === "- ";
