import { useEffect, useMemo, useState } from "react";
import type { Shape } from "../../api/shape";
import { type BranchValue, type FlowValue, lastOf, moved, NEVER, type NodeValue, nodesOf, placeOf, put, renameNode } from "../../edit/flow";
import { ActionList } from "../ActionForm/ActionList";
import { useProblems } from "../Form/context";
import { Field, Group } from "../Form/Field";
import { ShapeField } from "../Form/Form";
import { NodeSelect } from "../Form/NodeField";
import "./NodeForm.css";

interface Props {
  flow: FlowValue;
  node: NodeValue;
  /** `key` names the field: keystrokes in one are undone as one. */
  onChange: (flow: FlowValue, key: string) => void;
}

const WHEN: Shape = { kind: "expression" };
const NAME: Shape = { kind: "text" };

/** A node: its names, its actions, and where the run goes on. */
export function NodeForm({ flow, node, onChange }: Props) {
  const place = placeOf(flow, node.id);
  const path = `nodes[${place}]`;
  const set = (member: string, value: unknown) => onChange(put(flow, ["nodes", place, member], value), `${path}.${member}`);
  return (
    <div className="node-form">
      <IdField path={`${path}.id`} id={node.id} taken={nodesOf(flow).map((one) => one.id)} onRename={(id) => onChange(renameNode(flow, node.id, id), "rename")} />
      <ShapeField shape={NAME} path={`${path}.name`} label="Name" help="What people call it." value={node.name} onChange={(name) => set("name", name)} />
      <Group path={`${path}.actions`} label="Actions">
        <ActionList actions={node.actions ?? []} path={`${path}.actions`} onChange={(actions) => set("actions", actions)} />
      </Group>
      <Branches flow={flow} node={node} path={`${path}.next`} following={nodesOf(flow)[place + 1]?.id} onChange={(next) => set("next", next)} />
    </div>
  );
}

/** Taken when the field is left: half an id would be another node's. */
function IdField({ path, id, taken, onRename }: { path: string; id: string; taken: string[]; onRename: (id: string) => void }) {
  const [typed, setTyped] = useState(id);
  useEffect(() => setTyped(id), [id]);
  const wrong = typed !== id && (taken.includes(typed) ? "Another node has this id." : !/^[A-Za-z_][\w-]*$/.test(typed) ? "An id begins with a letter, and has letters, digits, - and _." : "");
  const leave = () => {
    // What is wrong stays, with why, until it is corrected or given up.
    if (typed !== id && !wrong) onRename(typed);
  };
  return (
    <Field path={path} label="Id" required note={wrong && <p className="form-problem">{wrong}</p>}>
      {(wiring) => <input {...wiring} className="input mono" spellCheck={false} value={typed} onChange={(event) => setTyped(event.target.value)} onBlur={leave} onKeyDown={(event) => {
            if (event.key === "Enter") leave();
            if (event.key !== "Escape" || typed === id) return;
            event.preventDefault();
            setTyped(id);
          }} />}
    </Field>
  );
}

interface BranchesProps {
  flow: FlowValue;
  node: NodeValue;
  path: string;
  following: string | undefined;
  onChange: (next: BranchValue[] | undefined) => void;
}

function Branches({ flow, node, path, following, onChange }: BranchesProps) {
  const next = node.next ?? [];
  const ids = nodesOf(flow).map((one) => one.id).join("\n");
  const others = useMemo(() => ids.split("\n"), [ids]);
  // A node that leads to itself is nobody's first wish.
  const to = others.find((id) => id !== node.id);
  const ends = lastOf(node);
  const help = ends
    ? `Nowhere: nothing follows ${ends}.${next.length > 0 ? " These branches are never taken." : ""}`
    : node.next
      ? "The first branch that holds. If none does, the flow ends."
      : following
        ? `At the node that follows, ${following}.`
        : "Nowhere: the flow ends.";
  const add = () => {
    const last = next.findIndex((branch) => branch.when === undefined);
    if (to === undefined) return;
    onChange(last < 0 ? [...next, { when: NEVER, to }] : [...next.slice(0, last), { when: NEVER, to }, ...next.slice(last)]);
  };
  return (
    <Group path={path} label="Where the run goes on" help={help}>
      <ol className="branches">
        {next.map((branch, place) => (
          <Branch key={place} branch={branch} path={`${path}[${place}]`} nodes={others}
            onChange={(one) => onChange(next.map((before, other) => (other === place ? one : before)))}
            {...(place > 0 && { onUp: () => onChange(moved(next, place, place - 1)) })}
            onRemove={() => onChange(next.length === 1 ? undefined : next.filter((_, other) => other !== place))}
          />
        ))}
      </ol>
      <div className="row">
        <button type="button" className="button" disabled={to === undefined || ends !== undefined} onClick={add}>
          Add branch
        </button>
      </div>
    </Group>
  );
}

interface BranchProps {
  branch: BranchValue;
  path: string;
  nodes: string[];
  onChange: (branch: BranchValue) => void;
  onUp?: () => void;
  onRemove: () => void;
}

function Branch({ branch, path, nodes, onChange, onUp, onRemove }: BranchProps) {
  const problems = useProblems(`${path}.to`, true);
  // Anything may stand in the YAML.
  const to = typeof branch.to === "string" ? branch.to : branch.to === undefined || branch.to === null ? "" : JSON.stringify(branch.to);
  const name = `the branch to ${to}`;
  const when = (value: unknown) => {
    const { when: _, ...rest } = branch;
    onChange(typeof value === "string" ? { when: value, ...rest } : rest);
  };
  return (
    <li>
      <ShapeField shape={WHEN} path={`${path}.when`} label={branch.when === undefined ? "Always, or when" : "When"} value={branch.when} onChange={when} />
      <div className="row branch-end">
        <label>
          to{" "}
          <NodeSelect className="input" aria-invalid={problems.length > 0 || undefined} nodes={nodes} value={to} onNode={(next) => onChange({ ...branch, to: next })} />
        </label>
        <button type="button" className="button quiet" aria-label={`Move ${name} up`} disabled={!onUp} onClick={onUp}>
          ↑
        </button>
        <button type="button" className="button quiet" aria-label={`Remove ${name}`} onClick={onRemove}>
          ✕
        </button>
      </div>
    </li>
  );
}
