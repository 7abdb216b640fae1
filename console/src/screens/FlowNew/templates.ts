import { FLOW_TYPES, flowTypeOf } from "../../api/flowTypes";
import { valueOf } from "../../edit/edit";
import { isRecord } from "../../edit/value";

/** A flow to begin with. */
export interface Template {
  /** Its folder's name. */
  id: string;
  text: string;
  /** One of `FLOW_TYPES`. */
  type: string;
  name: string;
  /** What its flow is called unless somebody says otherwise. */
  called: string;
  description: string;
  /** Names of queues that it puts mail into. */
  queues: string[];
}

const files = import.meta.glob<string>("../../../../examples/templates/*/*.yaml", { query: "?raw", import: "default", eager: true });

const empty = (type: string): Template => ({ id: `empty-${type}`, type, text: `name: New flow\ntype: ${type}\nnodes: []\n`, name: "An empty flow", called: "", description: "Begin with nothing.", queues: [] });

/** Each is a folder of `examples/templates`, with tests of its own; of each type there is also an empty one. */
export const TEMPLATES: Template[] = [
  ...Object.entries(files).flatMap(([path, text]): Template[] => {
    const [, id = ""] = /templates\/([^/]+)\/flow\.yaml$/.exec(path) ?? [];
    const flow = id ? valueOf(text) : undefined;
    if (!isRecord(flow)) return [];
    const routing = files[path.replace("flow.yaml", "routing.yaml")];
    const beside = routing ? valueOf(routing) : {};
    return [{ id, text, type: flowTypeOf(String(flow.type))?.type ?? "", name: String(flow.name), called: String(flow.name), description: String(flow.description ?? ""), queues: isRecord(beside) && Array.isArray(beside.queues) ? beside.queues.map(String) : [] }];
  }),
  ...FLOW_TYPES.map(({ type }) => empty(type)),
];
