import { ACTIONS } from "../../api/language";
import type { ActionValue } from "../../edit/flow";
import { Prose } from "../Form/Field";
import { Members } from "../Form/Form";
import { useForm } from "../Form/context";
import { ActionList } from "./ActionList";
import "./ActionForm.css";

interface Props {
  action: ActionValue;
  /** Where it is, such as `nodes[0].actions[1]`. */
  path: string;
  onChange: (action: ActionValue) => void;
}

/** Members that the form itself stands for. */
const OWN = ["type", "actions"];

/** An action, by fields that are made from its own definition. */
export function ActionForm({ action, path, onChange }: Props) {
  const { flow } = useForm();
  const known = ACTIONS.find((one) => one.type.toLowerCase() === String(action.type).toLowerCase());
  const inner = Object.fromEntries(Object.entries(action).filter(([name]) => !OWN.includes(name)));
  const own = Object.fromEntries(Object.entries(action).filter(([name]) => OWN.includes(name))) as ActionValue;
  const source = flow?.source(path);
  return (
    <div className="action-form">
      {known ? (
        <>
          <p className="form-help">
            <Prose text={known.about} />
          </p>
          <Members shape={known.shape} path={path} value={inner} onChange={(next) => onChange({ ...own, ...next })} />
          {known.inner && <ActionList actions={Array.isArray(action.actions) ? (action.actions as ActionValue[]) : []} path={`${path}.actions`} onChange={(actions) => onChange({ ...action, actions })} />}
        </>
      ) : (
        <p className="form-problem">There is no action {action.type || "without a type"}. The YAML can be changed all the same.</p>
      )}
      {source !== undefined && (
        <details className="action-yaml">
          <summary>YAML</summary>
          <pre className="mono" tabIndex={0}>
            {source}
          </pre>
        </details>
      )}
    </div>
  );
}

/** What a new action of a type begins as: what it needs is there, and empty. */
export function newAction(type: string): ActionValue {
  const shape = ACTIONS.find((one) => one.type === type);
  const needed = (shape?.shape.fields ?? []).filter((field) => field.required);
  const empty = (kind: string) => (kind === "map" ? {} : kind === "list" ? [] : "");
  return { type, ...Object.fromEntries(needed.map((field) => [field.name, empty(field.shape.kind)])), ...(shape?.inner && { actions: [] }) };
}
