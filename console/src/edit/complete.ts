import type { Language } from "../api/shape";
import type { Named, Scope } from "./scope";

export interface Suggestion {
  label: string;
  kind: "variable" | "property" | "function" | "keyword";
  /** Its type, or its signatures. */
  detail?: string;
  help?: string;
  /** What is put in; the label, if absent. `‸` is where the cursor goes. */
  apply?: string;
}

export interface Completion {
  /** Where what is completed begins. */
  from: number;
  suggestions: Suggestion[];
}

/** Where the `${…}` begins that a place of a text is in; undefined outside of one. */
export function expressionAt(text: string, at: number): number | undefined {
  let open: number | undefined;
  for (let place = 0; place < at; place++) {
    if (open === undefined) {
      if (text.startsWith("$${", place)) place += 2;
      else if (text.startsWith("${", place)) open = ++place + 1;
    } else if (text[place] === "'" || text[place] === '"') {
      const quote = text[place] ?? "";
      const end = text.indexOf(quote, place + 1);
      if (end < 0 || end >= at) return undefined;
      place = end;
    } else if (text[place] === "}") open = undefined;
  }
  return open;
}

/** What can stand at a place of a value's text; `whole` for a text that is an expression altogether. */
export function complete(text: string, at: number, scope: Scope, language: Language, names: Named[] = []): Completion | undefined {
  const open = expressionAt(text, at);
  if (open === undefined) {
    if (names.length > 0 && !text.slice(0, at).includes("${")) return { from: 0, suggestions: names.map(({ name, help }) => ({ label: name, kind: "variable", ...(help && { detail: help }) })) };
    return undefined;
  }
  const [token = ""] = /[\w.]*$/.exec(text.slice(open, at)) ?? [];
  const dot = token.lastIndexOf(".");
  const before = text.slice(open, at - token.length);
  // `).` and `].` are members of a value whose type is not known here.
  if (dot < 0 && !/[)\]]\s*$/.test(before)) return { from: at - token.length, suggestions: namesIn(scope, language) };
  const owner = token.slice(0, Math.max(0, dot));
  return { from: at - token.length + dot + 1, suggestions: membersOf(owner, scope, language) };
}

function namesIn(scope: Scope, language: Language): Suggestion[] {
  const variable = ({ name, type, help }: Named): Suggestion => ({ label: name, kind: "variable", detail: type ?? "variable", ...(help && { help }) });
  return [
    { label: "interaction", kind: "variable", detail: "the interaction and its mail" },
    ...(scope.inputs.length > 0 ? [{ label: "input", kind: "variable", detail: "the flow's inputs" } as const] : []),
    ...scope.variables.map(variable),
    { label: "now", kind: "variable", detail: "datetime", help: "The time that the mail was accepted." },
    ...["true", "false", "null"].map((label): Suggestion => ({ label, kind: "keyword" })),
    ...language.functions.filter((one) => one.signatures.some((signature) => !signature.startsWith("("))).map(called),
  ];
}

const called = ({ name, signatures, help, example }: Language["functions"][number]): Suggestion => ({
  label: name,
  kind: "function",
  detail: signatures[0] ?? "",
  help: [help, example && `Example: ${example}`].filter(Boolean).join("\n"),
  apply: `${name}(‸)`,
});

function membersOf(owner: string, scope: Scope, language: Language): Suggestion[] {
  const member = ({ name, type, help }: Named): Suggestion => ({ label: name.replace(/\(.*$/, ""), kind: "property", ...(type && { detail: type }), ...(help && { help }), ...(name.includes("(") && { apply: `${name.replace(/\(.*$/, "")}('‸')` }) });
  if (owner === "input") return scope.inputs.map(member);
  if (owner === "output") return scope.outputs.map(member);
  const known = language.members[owner] ?? language.members[typeOf(owner, language) ?? ""];
  const methods = language.functions.filter((one) => one.signatures.some((signature) => signature.includes(`).${one.name}(`))).map(called);
  const macros = language.macros.map(({ written, help, type }): Suggestion => {
    const call = written.slice(written.indexOf(".") + 1);
    return { label: call, kind: "function", detail: type, help, apply: `${call.slice(0, call.indexOf("("))}(‸)` };
  });
  return [...(known ?? []).map(member), ...(known && owner.split(".").length < 3 ? [] : [...methods, ...macros])];
}

/** The type of a member such as `interaction.email.from`, if the language tells. */
function typeOf(path: string, language: Language): string | undefined {
  const at = path.lastIndexOf(".");
  return language.members[path.slice(0, at)]?.find((one) => one.name === path.slice(at + 1))?.type;
}
