import { valueOf } from "../../edit/edit";
import { isRecord } from "../../edit/value";

/** A flow to begin with. */
export interface Template {
  /** Its folder's name. */
  id: string;
  text: string;
  name: string;
  description: string;
  /** Names of queues that it puts mail into. */
  queues: string[];
}

const files = import.meta.glob<string>("../../../../examples/templates/*/*.yaml", { query: "?raw", import: "default", eager: true });

const empty: Template = { id: "empty", text: "name: New flow\ntype: email\nnodes: []\n", name: "An empty flow", description: "Begin with nothing.", queues: [] };

/** Each is a folder of `examples/templates`, with tests of its own. */
export const TEMPLATES: Template[] = [
  ...Object.entries(files).flatMap(([path, text]): Template[] => {
    const [, id = ""] = /templates\/([^/]+)\/flow\.yaml$/.exec(path) ?? [];
    const flow = id ? valueOf(text) : undefined;
    if (!isRecord(flow)) return [];
    const routing = files[path.replace("flow.yaml", "routing.yaml")];
    const beside = routing ? valueOf(routing) : {};
    return [{ id, text, name: String(flow.name), description: String(flow.description ?? ""), queues: isRecord(beside) && Array.isArray(beside.queues) ? beside.queues.map(String) : [] }];
  }),
  empty,
];
