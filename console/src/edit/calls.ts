import { type FlowValue, nodesOf, type NodeValue } from "./flow";
import { isRecord } from "./value";

/** What a flow calls, as it names it: a name or an id. */
export interface Calls {
  dataActions: string[];
  flows: string[];
}

export function callsOf(flow: FlowValue): Calls {
  const found = nodesOf(flow).map(callsIn);
  return { dataActions: [...new Set(found.flatMap((one) => one.dataActions))], flows: [...new Set(found.flatMap((one) => one.flows))] };
}

/** Of thousands of nodes only those that changed are looked at again. */
const known = new WeakMap<NodeValue, Calls>();

function callsIn(node: NodeValue): Calls {
  const before = known.get(node);
  if (before) return before;
  const calls: Calls = { dataActions: [], flows: [] };
  const add = (to: string[], name: unknown) => typeof name === "string" && name !== "" && to.push(name);
  const walk = (actions: unknown) => {
    for (const action of Array.isArray(actions) ? (actions as unknown[]) : []) {
      if (!isRecord(action)) continue;
      if (action.type === "callDataAction") add(calls.dataActions, action.dataAction);
      add(calls.flows, action.flow ?? action.flowId);
      walk(action.actions);
    }
  };
  walk(node.actions);
  known.set(node, calls);
  return calls;
}
