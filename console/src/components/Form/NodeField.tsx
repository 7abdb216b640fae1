import { type ComponentProps, memo, useState } from "react";
import { flushSync } from "react-dom";
import { useForm } from "./context";
import { isRecord } from "./blank";
import { Field, type Widget } from "./Field";

/** A jump to a node of the flow: `{to: NODE}`. */
export function NodeField(widget: Widget) {
  const nodes = useForm().flow?.nodes ?? NO_NODES;
  const to = isRecord(widget.value) && typeof widget.value.to === "string" ? widget.value.to : "";
  return (
    <Field {...widget}>
      {(wiring) => (
        <NodeSelect {...wiring} className="input short" nodes={nodes} value={to} none={widget.required ? "Choose" : "None"} onNode={(next) => widget.onChange(next === "" ? undefined : { ...(isRecord(widget.value) && widget.value), to: next })} />
      )}
    </Field>
  );
}

const NO_NODES: string[] = [];

/** So many options are made for each field, whether or not somebody looks at them. */
const FEW = 100;

type SelectProps = Omit<ComponentProps<"select">, "value" | "onChange" | "children"> & {
  nodes: string[];
  value: string;
  /** What stands for no node, if there may be none. */
  none?: string;
  onNode: (node: string) => void;
};

/** A choice of a flow's nodes. Of thousands the options are made once somebody comes to it: each costs the browser time whenever a form is shown. */
export function NodeSelect({ nodes, value, none, onNode, ...more }: SelectProps) {
  const [opened, open] = useState(false);
  const all = opened || nodes.length <= FEW;
  const fill = () => all || flushSync(() => open(true));
  return (
    <select {...more} value={value} onFocus={fill} onPointerDown={fill} onChange={(event) => onNode(event.target.value)}>
      {none !== undefined && <option value="">{none}</option>}
      {(value !== "" || none === undefined) && !(all && nodes.includes(value)) && <option value={value}>{value}</option>}
      {all && <NodeOptions nodes={nodes} />}
    </select>
  );
}

/** None is made anew while the list is the same one. */
const NodeOptions = memo(function NodeOptions({ nodes }: { nodes: string[] }) {
  return nodes.map((node) => (
    <option key={node} value={node}>
      {node}
    </option>
  ));
});
