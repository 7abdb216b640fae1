import { visit } from "yaml";
import { documentOf } from "./render";
import { alike, equal } from "./value";

/** A document that came without a text of its own, as YAML. What is empty and means nothing is left out. */
export function textOf(document: unknown): string {
  const made = documentOf(lean(document));
  visit(made, {
    // Actions and mappings in few words stand in one line, as people write them.
    Map: (_, map, path) => {
      if (path.length > 3 && map.items.length > 0 && map.items.length <= 3 && map.items.every((pair) => typeof (pair.value as { value?: unknown } | null)?.value !== "undefined")) {
        const length = String(map.toJSON() && JSON.stringify(map.toJSON())).length;
        if (length <= 90 && !JSON.stringify(map.toJSON()).includes("\\n")) map.flow = true;
      }
    },
  });
  return made.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Members that the server adds where a document says nothing: what they say holds without them. */
const DEFAULTS: Record<string, string> = {
  inputs: "[]",
  outputs: "[]",
  variables: "[]",
  conditionSet: '{"match":"all","conditions":[]}',
  end: '{"disposition":"unrouted"}',
};

function lean(document: unknown): unknown {
  if (typeof document !== "object" || document === null) return document;
  // Files of a folder say that they are flows.
  return Object.fromEntries(Object.entries(document).filter(([name, value]) => name !== "kind" && value !== null && !(name in DEFAULTS && DEFAULTS[name] === JSON.stringify(value))));
}

/** Whether two documents are the same flow, written out or not. */
export const sameFlow = (one: unknown, other: unknown): boolean => equal(lean(one), lean(other));

/** The same, of one that was sent and one that the server answers. */
export const sameOnServer = (sent: unknown, there: unknown): boolean => alike(lean(sent), lean(there));
