import { useForm } from "./context";
import { isRecord } from "./blank";
import { Field, type Widget } from "./Field";

/** A jump to a node of the flow: `{to: NODE}`. */
export function NodeField(widget: Widget) {
  const nodes = useForm().flow?.nodes ?? [];
  const to = isRecord(widget.value) && typeof widget.value.to === "string" ? widget.value.to : "";
  return (
    <Field {...widget}>
      {(wiring) => (
        <select {...wiring} className="input short" value={to} onChange={(event) => widget.onChange(event.target.value === "" ? undefined : { ...(isRecord(widget.value) && widget.value), to: event.target.value })}>
          <option value="">{widget.required ? "Choose" : "None"}</option>
          {to !== "" && !nodes.includes(to) && <option value={to}>{to}</option>}
          {nodes.map((node) => (
            <option key={node} value={node}>
              {node}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
