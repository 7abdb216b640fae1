import { type FlowValue, nodesOf, type NodeValue } from "./flow";
import { isRecord } from "./value";

/** What expressions of a flow can name beside the language's own. */
export interface Scope {
  inputs: Named[];
  outputs: Named[];
  variables: Named[];
}

export interface Named {
  name: string;
  type?: string;
  help?: string;
}

export function scopeOf(flow: FlowValue): Scope {
  const found = new Map(declared(flow.variables).map((one) => [one.name, one]));
  for (const node of nodesOf(flow)) for (const name of assignedIn(node)) if (!found.has(name)) found.set(name, { name });
  return { inputs: declared(flow.inputs), outputs: declared(flow.outputs), variables: [...found.values()] };
}

/** Of thousands of nodes only those that changed are looked at again. */
const assigned = new WeakMap<NodeValue, string[]>();

/** The variables that a node's actions assign, in order. */
function assignedIn(node: NodeValue): string[] {
  const known = assigned.get(node);
  if (known) return known;
  const found = new Set<string>();
  const add = (name: unknown) => typeof name === "string" && name !== "" && found.add(name);
  const mapped = (value: unknown) => Array.isArray(value) && value.forEach((line) => isRecord(line) && add(line.name));
  const walk = (actions: unknown) => {
    for (const action of Array.isArray(actions) ? (actions as unknown[]) : []) {
      if (!isRecord(action)) continue;
      if (action.type === "setVariable") add(action.name);
      if (action.type === "forEach") add(action.as);
      mapped(action.outputMapping);
      mapped(action.failureMapping);
      walk(action.actions);
    }
  };
  walk(node.actions);
  const names = [...found];
  assigned.set(node, names);
  return names;
}

const declared = (list: unknown): Named[] =>
  (Array.isArray(list) ? list : []).flatMap((one): Named[] => {
    if (!isRecord(one) || typeof one.name !== "string") return [];
    const type = one.dataType ?? one.datatype;
    return [{ name: one.name, ...(typeof type === "string" && { type }), ...(typeof one.description === "string" && { help: one.description }) }];
  });
