// Writes `src/api/shapes.ts`: what forms know of the bodies that make objects, from `docs/openapi.json`, and from `hints.mjs` where a schema says
// less than a form needs.
import { readFileSync, writeFileSync } from "node:fs";
import { CHOICES, EXTRA, FIXED, HINTS, KINDS, RARE } from "./hints.mjs";

const { components } = JSON.parse(readFileSync(new URL("../../docs/openapi.json", import.meta.url), "utf8"));
const nameOf = (schema) => schema.$ref?.split("/").at(-1);
const schemaOf = (name) => components.schemas[name] ?? fail(`there is no schema ${name}`);
function fail(message) {
  throw new Error(message);
}

/** Without what says only that a value may be null: members that are left out say the same. */
function bare(schema) {
  const some = schema.anyOf?.filter((one) => one.type !== "null");
  if (some?.length === 1 && some.length < schema.anyOf.length) return { ...some[0], description: schema.description };
  return Array.isArray(schema.type) ? { ...schema, type: schema.type.find((one) => one !== "null") } : schema;
}

const ACRONYMS = { url: "URL", tls: "TLS", oauth: "OAuth", id: "id" };

const LABELS = { accessTokenValiditySeconds: "Token lifetime, in seconds", auth: "Login", after: "After taking a message" };

/** `unroutedQueue` as people write it: `Unrouted queue`. */
function labelOf(member) {
  if (LABELS[member]) return LABELS[member];
  const words = member.replace(/([a-z])([A-Z])/g, "$1 $2").split(" ").map((word) => ACRONYMS[word.toLowerCase()] ?? word.toLowerCase());
  const text = words.join(" ");
  return text[0].toUpperCase() + text.slice(1);
}

function shape(schema, at) {
  const hint = HINTS[at];
  if (hint) return typeof hint === "function" ? hint(components.schemas) : hint;
  const plain = bare(schema);
  const name = nameOf(plain);
  if (name) return HINTS[name] ?? (schemaOf(name).properties ? objectShape(name) : shape(schemaOf(name), name));
  if (plain.oneOf?.every((one) => one.const !== undefined)) return { kind: "enum", options: plain.oneOf.map((one) => ({ value: one.const, help: one.description })) };
  if (plain.enum) return { kind: "enum", options: plain.enum.map((value) => ({ value })) };
  switch (plain.type) {
    case "string":
      return { kind: "text" };
    case "boolean":
      return { kind: "boolean" };
    case "integer":
    case "number":
      return { kind: "number", integer: plain.type === "integer", least: plain.minimum, most: plain.maximum };
    case "array":
      return { kind: "list", item: shape(plain.items, `${at}[]`), one: labelOf(at.split(".").at(-1)).toLowerCase().replace(/ies$/, "y").replace(/(ss)es$|s$/, "$1") };
    case "object":
      if (plain.properties) return { kind: "object", fields: fields(plain, at) };
      return typeof plain.additionalProperties === "object" ? { kind: "map", value: shape(plain.additionalProperties, `${at}{}`) } : { kind: "json" };
    default:
      return { kind: "json" };
  }
}

/** What a member is for, unless that says no more than its name. */
const helpOf = ({ description = "" }) => (["Its name.", "What proves it.", "How."].includes(description) ? "" : description.replace(/\s+/g, " "));

function fields(schema, at) {
  const offered = Object.entries(schema.properties ?? {}).filter(([name]) => !RARE.includes(`${at}.${name}`));
  const found = offered.map(([name, member]) => ({
    name,
    label: labelOf(name),
    help: helpOf(member),
    required: schema.required?.includes(name) ?? false,
    shape: shape(member, `${at}.${name}`),
    ...(FIXED.includes(`${at}.${name}`) && { fixed: true }),
  }));
  const more = (EXTRA[at] ?? []).map((field) => ({ label: labelOf(field.name), help: "", required: false, ...field }));
  return [...found, ...more];
}

function objectShape(name) {
  const made = { kind: "object", fields: fields(schemaOf(name), name) };
  return CHOICES[name] ? { ...made, choices: CHOICES[name] } : made;
}

/** Every hint is about a member that there is: a renamed one would lose its widget without a word. */
for (const at of Object.keys(HINTS).filter((one) => one.includes("."))) {
  const [name, member] = at.split(".");
  if (!schemaOf(name).properties?.[member]) fail(`hints.mjs speaks of ${at}, which is in no schema`);
}

const shapes = Object.fromEntries(
  Object.entries(KINDS).map(([kind, [request, answer]]) => {
    const made = objectShape(request);
    const known = Object.keys(schemaOf(request).properties);
    return [kind, { ...made, managed: Object.keys(schemaOf(answer).properties).filter((name) => !known.includes(name)) }];
  }),
);
const text = `// Made by shapes/write.mjs from docs/openapi.json.\nimport type { FormShape } from "./shape";\n\nexport const SHAPES: Record<string, FormShape> = ${JSON.stringify(shapes)};\n`;
writeFileSync(new URL("../src/api/shapes.ts", import.meta.url), text);
