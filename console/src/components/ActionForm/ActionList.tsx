import { useId, useRef, useState } from "react";
import { ACTIONS } from "../../api/language";
import { lineOf } from "../../graph/model";
import { type ActionValue, moved } from "../../edit/flow";
import { useProblems } from "../Form/context";
import { ActionForm, newAction } from "./ActionForm";

interface Props {
  actions: ActionValue[];
  /** Where the list is, such as `nodes[0].actions`. */
  path: string;
  onChange: (actions: ActionValue[]) => void;
}

/** Actions in order. One at a time is open. */
export function ActionList({ actions, path, onChange }: Props) {
  const [open, setOpen] = useState<number>();
  const [type, setType] = useState("");
  const list = useRef<HTMLOListElement>(null);
  const id = useId();
  const focus = (place: number) => setTimeout(() => list.current?.querySelectorAll<HTMLElement>(":scope > li > .action-head > .action-open")[place]?.focus());
  const add = () => {
    if (!type) return;
    onChange([...actions, newAction(type)]);
    setOpen(actions.length);
    setType("");
    focus(actions.length);
  };
  const move = (from: number, to: number) => {
    onChange(moved(actions, from, to));
    setOpen(open === from ? to : open);
    focus(to);
  };
  return (
    <div className="actions">
      <ol ref={list}>
        {actions.map((action, place) => (
          <Item key={place} action={action} path={`${path}[${place}]`} open={open === place} onOpen={() => setOpen(open === place ? undefined : place)}
            onChange={(next) => onChange(actions.map((one, other) => (other === place ? next : one)))}
            {...(place > 0 && { onUp: () => move(place, place - 1) })}
            {...(place < actions.length - 1 && { onDown: () => move(place, place + 1) })}
            onRemove={() => {
              onChange(actions.filter((_, other) => other !== place));
              setOpen(undefined);
              setTimeout(() => document.getElementById(id)?.focus());
            }}
          />
        ))}
      </ol>
      <div className="row">
        <select id={id} className="input short" aria-label="Action to add" value={type} onChange={(event) => setType(event.target.value)}>
          <option value="">Choose an action</option>
          {ACTIONS.map((one) => (
            <option key={one.type} title={one.about}>
              {one.type}
            </option>
          ))}
        </select>
        <button type="button" className="button" disabled={!type} onClick={add}>
          Add action
        </button>
      </div>
    </div>
  );
}

interface ItemProps {
  action: ActionValue;
  path: string;
  open: boolean;
  onOpen: () => void;
  onChange: (action: ActionValue) => void;
  onUp?: () => void;
  onDown?: () => void;
  onRemove: () => void;
}

function Item({ action, path, open, onOpen, onChange, onUp, onDown, onRemove }: ItemProps) {
  const problems = useProblems(path, true);
  const line = lineOf(action);
  const name = `${action.type} ${line.about}`.trim();
  return (
    <li className={problems.length > 0 ? "wrong" : undefined}>
      <div className="action-head">
        <button type="button" className="action-open" aria-expanded={open} onClick={onOpen}>
          <b>{action.type}</b> <span>{line.about}</span>
          {problems.length > 0 && <em>{problems.length === 1 ? "1 problem" : `${problems.length} problems`}</em>}
        </button>
        <button type="button" className="button quiet" aria-label={`Move ${name} up`} disabled={!onUp} onClick={onUp}>
          ↑
        </button>
        <button type="button" className="button quiet" aria-label={`Move ${name} down`} disabled={!onDown} onClick={onDown}>
          ↓
        </button>
        <button type="button" className="button quiet" aria-label={`Remove ${name}`} onClick={onRemove}>
          ✕
        </button>
      </div>
      {open && <ActionForm key={action.type} action={action} path={path} onChange={onChange} />}
    </li>
  );
}
