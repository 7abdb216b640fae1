import { type ActionValue, type FlowValue, nodesOf } from "./flow";
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
  const add = (name: unknown) => typeof name === "string" && name !== "" && !found.has(name) && found.set(name, { name });
  const mapped = (value: unknown) => Array.isArray(value) && value.forEach((line) => isRecord(line) && add(line.name));
  const walk = (actions: ActionValue[] | undefined) => {
    for (const action of Array.isArray(actions) ? actions : []) {
      if (!isRecord(action)) continue;
      if (action.type === "setVariable") add(action.name);
      if (action.type === "forEach") add(action.as);
      mapped(action.outputMapping);
      mapped(action.failureMapping);
      walk(action.actions as ActionValue[] | undefined);
    }
  };
  for (const node of nodesOf(flow)) walk(node.actions);
  return { inputs: declared(flow.inputs), outputs: declared(flow.outputs), variables: [...found.values()] };
}

const declared = (list: unknown): Named[] =>
  (Array.isArray(list) ? list : []).flatMap((one): Named[] => {
    if (!isRecord(one) || typeof one.name !== "string") return [];
    const type = one.dataType ?? one.datatype;
    return [{ name: one.name, ...(typeof type === "string" && { type }), ...(typeof one.description === "string" && { help: one.description }) }];
  });
