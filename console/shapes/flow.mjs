// Writes `src/api/language.ts`: the forms of actions, from the flow document's schema in `docs/openapi.json`, and what expressions can name, from
// `docs/language.md`. Both are generated from the definitions that reader and checker use.
import { readFileSync, writeFileSync } from "node:fs";

const { components } = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
const page = readFileSync(new URL("../../docs/language.md", import.meta.url), "utf8");
function fail(message) {
  throw new Error(message);
}

/** Members that are names: what they name. */
const NAMES = { flow: "flow", queue: "queue", table: "table", schedule: "schedule", webhook: "webhook", dataAction: "dataAction", language: "language", skills: "skill" };
/** Members that are text as it stands. */
const PLAIN = ["name", "as", "flowId", "version"];
const LONG = ["text", "html"];
/** Members of which one is enough, the one that people take first. */
const CHOICES = { flow: { label: "Which flow", options: [{ label: "by name", members: ["flow"] }, { label: "by id", members: ["flowId"] }] } };

const labelOf = (member) => {
  const words = member.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words[0].toUpperCase() + words.slice(1).replace(/\bid$/, "id");
};
const ref = (schema) => (schema.$ref ?? schema.anyOf?.find((one) => one.$ref)?.$ref ?? "").split("/").at(-1);

function shape(action, name, schema) {
  if (ref(schema) === "FlowDocumentJump") return { kind: "node" };
  if (schema.enum) return { kind: "enum", options: schema.enum.filter((one) => one !== null).map((value) => ({ value })) };
  const types = [schema.type ?? "any"].flat().filter((one) => one !== "null");
  if (types.includes("array") && ref(schema.items ?? {}) === "FlowDocumentMapping") {
    const [to] = [labelOf(name).toLowerCase().replace(/ mapping$/, "")];
    return { kind: "list", one: to, item: { kind: "object", fields: [field("name", { kind: "text" }, "", true), field("value", { kind: "expression", any: true }, "", true)] } };
  }
  if (types[0] === "object") return { kind: "map", value: { kind: "text" } };
  if (name === "name" && action === "findQueue") return { kind: "expression", to: "queue" };
  if (PLAIN.includes(name)) return { kind: "text" };
  const any = types.length > 1 || types[0] === "any";
  return { kind: "expression", ...(any && { any }), ...(NAMES[name] && { to: NAMES[name] }), ...(LONG.includes(name) && { long: true }) };
}

const field = (name, shape, help, required) => ({ name, label: labelOf(name), help, required, shape });

/** The members that are needed: one whose name has capitals is needed in one spelling or another. */
const neededOf = ({ required = [], allOf = [] }) => [...required, ...allOf.flatMap(({ anyOf = [] }) => (new Set(anyOf.map((one) => String(one.required).toLowerCase())).size === 1 ? anyOf[0].required : []))];

function actions() {
  const { properties, allOf } = components.schemas.FlowDocumentActions?.items ?? fail("there is no schema FlowDocumentActions");
  const types = properties.type.anyOf?.[0].enum ?? fail("FlowDocumentActions has no list of types");
  return types.map((type, place) => {
    const { properties: members } = allOf[place].then;
    const required = neededOf(allOf[place].then);
    if (!new RegExp(allOf[place].if.properties.type.pattern).test(type)) fail(`the members of ${type} stand elsewhere`);
    const own = Object.entries(members).filter(([name]) => !["type", "actions"].includes(name));
    // What an action is about comes first, what every action has last.
    const general = (name) => (name === "onError" || (name === "name" && !required.includes("name") ? 1 : 0) ? 1 : 0);
    const fields = own.sort(([one], [other]) => general(one) - general(other)).map(([name, schema]) => field(name, shape(type, name, schema), (schema.description ?? "").replace(/\s+/g, " "), required.includes(name)));
    return { type, about: members.type.description, inner: "actions" in members, shape: { kind: "object", fields, ...("flow" in members && { choices: [CHOICES.flow] }) } };
  });
}

const section = (title) => page.split(new RegExp(`^## ${title}$`, "m"))[1]?.split(/^## /m)[0] ?? fail(`language.md has no section ${title}`);
const parts = (text) => text.split(/^### /m).slice(1).map((part) => [part.split("\n")[0].trim(), part.split("\n").slice(1).join("\n")]);
const cells = (text) => text.split("\n").filter((line) => line.startsWith("| `")).map((line) => line.slice(1, -1).split(" | ").map((cell) => cell.trim().replace(/\\\|/g, "|")));
const bare = (cell) => cell.replace(/^`|`$/g, "");

function members() {
  const names = section("Names");
  return Object.fromEntries(
    parts(names).map(([title, text]) => [
      // `interaction.email`, or `address` of `Members of an address`.
      /`/.test(title) ? bare(title) : title.replace(/^Members of an? /, ""),
      cells(text).map(([name, type, help]) => ({ name: bare(name), type: bare(type), help })),
    ]),
  );
}

function functions() {
  return parts(section("Functions")).map(([title, text]) => {
    const lines = text.split("\n");
    const signatures = lines.filter((line) => line.startsWith("- ")).map((line) => line.slice(2).replace(/`/g, ""));
    const help = lines.slice(0, lines.findIndex((line) => line.startsWith("- "))).join(" ").trim();
    const example = /```\n([^\n]*)/.exec(text)?.[1]?.replace(/\s+→\s+/, " → ");
    return { name: bare(title), signatures, help, ...(example && { example }) };
  });
}

const macros = () => cells(section("Macros")).map(([written, help, type]) => ({ written: bare(written), help, type: type.replace(/`/g, "") }));

const language = { members: members(), functions: functions(), macros: macros() };
for (const [what, list, least] of [["members", Object.keys(language.members), 5], ["functions", language.functions, 60], ["macros", language.macros, 10]]) {
  if (list.length < least) fail(`language.md tells of ${list.length} ${what}: it is no longer written as this reads it`);
}

const text = `// Made by shapes/flow.mjs from docs/openapi.json and docs/language.md.
import type { ActionShape, Language } from "./shape";

export const ACTIONS: ActionShape[] = ${JSON.stringify(actions())};

export const LANGUAGE: Language = ${JSON.stringify(language)};
`;
writeFileSync(new URL("../src/api/language.ts", import.meta.url), text);
