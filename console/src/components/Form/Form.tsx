import { useState, type ReactNode } from "react";
import type { Choice, Field as FieldShape, ObjectShape, Shape } from "../../api/shape";
import { blank, isRecord, withMember } from "./blank";
import { ColumnsField } from "./Columns";
import { useForm } from "./context";
import { Group, type Widget } from "./Field";
import "./Form.css";
import { ListField, MapField } from "./lists";
import { at } from "./paths";
import { Part, part } from "../Part/Part";
import { BooleanField, DurationField, EnumField, JsonField, NumberField, SeveralField, TextField, WordsField } from "./plain";
import { NodeField } from "./NodeField";
import { ReferenceField } from "./ReferenceField";

// Only flows have expressions, and only their forms fetch an editor for them.
export const loadExpressions = () => import("../ExpressionField/ExpressionField");
const ExpressionField = part(loadExpressions);

/** A value of any shape. */
export function ShapeField({ shape, ...widget }: Widget & { shape: Shape }) {
  switch (shape.kind) {
    case "text":
      return <TextField {...widget} shape={shape} />;
    case "duration":
      return <DurationField {...widget} />;
    case "words":
      return <WordsField {...widget} />;
    case "number":
      return <NumberField {...widget} />;
    case "boolean":
      return <BooleanField {...widget} />;
    case "enum":
      return <EnumField {...widget} options={shape.options} />;
    case "several":
      return <SeveralField {...widget} options={shape.options} />;
    case "list":
      return <ListField {...widget} item={shape.item} one={shape.one} />;
    case "map":
      return <MapField {...widget} />;
    case "reference":
      return <ReferenceField {...widget} to={shape.to} by={shape.by} />;
    case "columns":
      return <ColumnsField {...widget} />;
    case "json":
      return <JsonField {...widget} />;
    case "expression":
      return (
        <Part>
          <ExpressionField {...widget} shape={shape} />
        </Part>
      );
    case "node":
      return <NodeField {...widget} />;
    case "object":
      return <ObjectField {...widget} shape={shape} />;
  }
}

/** An object in an object. One that may be left out is added, and taken away, as a whole. */
function ObjectField({ shape, ...widget }: Widget & { shape: ObjectShape }) {
  if (!widget.required && widget.value === undefined) {
    return (
      <Group {...widget} end={<button type="button" className="button form-add" onClick={() => widget.onChange(blank(shape))}>Add</button>}>
        {null}
      </Group>
    );
  }
  const remove = (
    <button type="button" className="button quiet" aria-label={`Remove ${widget.label.toLowerCase()}`} onClick={() => widget.onChange(undefined)}>
      Remove
    </button>
  );
  return (
    <Group {...widget} end={!widget.required && remove}>
      <Members shape={shape} path={widget.path} value={widget.value} onChange={widget.onChange} />
    </Group>
  );
}

interface MembersProps {
  shape: ObjectShape;
  path: string;
  value: unknown;
  onChange: (value: Record<string, unknown>) => void;
  /** The form itself: what it does not know is shown as JSON, and can be added to. */
  top?: boolean;
}

/** The members of an object: the known ones, then the others as JSON. */
export function Members({ shape, path, value, onChange, top = false }: MembersProps) {
  const { exists } = useForm();
  const object = isRecord(value) ? value : {};
  const choices = shape.choices ?? [];
  const member = (field: FieldShape, alone = false) => (
    <ShapeField
      key={field.name}
      shape={field.shape}
      path={at(path, field.name)}
      label={field.label}
      help={field.help}
      // What is the only member of a choice is what was chosen.
      required={field.required || alone}
      value={object[field.name]}
      onChange={(next) => onChange(withMember(value, field.name, next))}
    />
  );
  const fields = shape.fields.filter((field) => !(exists && field.fixed));
  const content: ReactNode[] = [];
  const done = new Set<Choice>();
  for (const field of fields) {
    const choice = choices.find((one) => one.options.some((option) => option.members.includes(field.name)));
    if (!choice) content.push(member(field));
    else if (!done.has(choice)) {
      done.add(choice);
      content.push(<Chosen key={choice.label} choice={choice} fields={fields} object={object} onChange={onChange} member={member} />);
    }
  }
  const known = new Set(shape.fields.map((field) => field.name));
  const others = Object.fromEntries(Object.entries(object).filter(([name]) => !known.has(name)));
  const putOthers = (next: unknown) => onChange({ ...Object.fromEntries(Object.entries(object).filter(([name]) => known.has(name))), ...(isRecord(next) ? next : {}) });
  const widget = { path: at(path, "…"), value: Object.keys(others).length > 0 ? others : undefined, onChange: putOthers };
  return (
    <div className="form-members">
      {content}
      {top ? (
        <details className="form-others" open={widget.value !== undefined}>
          <summary>Other members</summary>
          <JsonField {...widget} label="As JSON" help="Members without a field in this form. They are kept, and sent with the rest." />
        </details>
      ) : (
        widget.value !== undefined && <JsonField {...widget} label="Other members, as JSON" help="Members without a field in this form." />
      )}
    </div>
  );
}

interface ChosenProps {
  choice: Choice;
  fields: FieldShape[];
  object: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
  member: (field: FieldShape, alone: boolean) => ReactNode;
}

/** Members of which one group is used. Choosing another group takes the members of the first away. */
function Chosen({ choice, fields, object, onChange, member }: ChosenProps) {
  const used = (option: { members: string[] } | undefined) => option?.members.some((name) => object[name] !== undefined && object[name] !== null) === true;
  const there = choice.options.findIndex(used);
  const [chosen, pick] = useState(Math.max(0, there));
  // What was changed elsewhere, by undo for example, is shown.
  const picked = there < 0 || used(choice.options[chosen]) ? chosen : there;
  const choose = (next: number) => {
    pick(next);
    const kept = choice.options[next]?.members ?? [];
    const gone = choice.options.flatMap((option) => option.members).filter((name) => !kept.includes(name));
    onChange(Object.fromEntries(Object.entries(object).filter(([name]) => !gone.includes(name))));
  };
  const members = choice.options[picked]?.members ?? [];
  return (
    <div className="form-choice">
      <div role="radiogroup" aria-label={choice.label} className="form-radios">
        <span>{choice.label}</span>
        {choice.options.map((option, place) => (
          <label key={option.label}>
            <input type="radio" checked={picked === place} onChange={() => choose(place)} /> {option.label}
          </label>
        ))}
      </div>
      {fields.filter((field) => members.includes(field.name)).map((field) => member(field, members.length === 1))}
    </div>
  );
}
