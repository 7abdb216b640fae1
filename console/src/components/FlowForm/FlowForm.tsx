import type { Field, ObjectShape, Shape } from "../../api/shape";
import { type FlowValue, UNDRAFTED } from "../../edit/flow";
import { Members } from "../Form/Form";

const TYPES = ["string", "integer", "number", "boolean", "datetime", "duration", "json", "list<string>", "map<string>"].map((value) => ({ value }));
const field = (name: string, label: string, shape: Shape, help = "", required = false): Field => ({ name, label, shape, help, required });
const declared = (one: string): Shape => ({
  kind: "list",
  one,
  item: {
    kind: "object",
    fields: [
      field("name", "Name", { kind: "text" }, "", true),
      field("dataType", "Type", { kind: "enum", options: TYPES }, "", true),
      field("description", "Description", { kind: "text" }),
      field("default", "Default", { kind: "expression", any: true }),
    ],
  },
});

/** A flow itself, without its nodes. */
export const FLOW: ObjectShape = {
  kind: "object",
  fields: [
    field("inputs", "Inputs", declared("input"), "What callers give. Without a default an input is required."),
    field("outputs", "Outputs", declared("output"), "What callers get."),
    field("variables", "Variables", declared("variable"), "Others are declared by their assignments."),
    field("onError", "On error", { kind: "node" }, "Where an error goes that no action caught."),
    field("end", "At the end", { kind: "object", fields: [field("disposition", "Disposition", { kind: "enum", options: ["unrouted", "disconnect", "queue"].map((value) => ({ value })) }), field("queue", "Queue", { kind: "expression", to: "queue" })] }, "What walking off the end means."),
  ],
};

const OWN = [...UNDRAFTED, "nodes"];

export function FlowForm({ flow, onChange }: { flow: FlowValue; onChange: (flow: FlowValue, key: string) => void }) {
  const part = (own: boolean) => Object.fromEntries(Object.entries(flow).filter(([name]) => OWN.includes(name) === own));
  return <Members shape={FLOW} path="" value={part(false)} onChange={(next) => onChange({ ...next, ...part(true) }, "flow")} top />;
}
