import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { FLOW_TYPES } from "../../api/flowTypes";
import { KINDS } from "../../api/kinds";
import { type Entity, objects, save } from "../../api/objects";
import { useMay, useSession } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Refusal } from "../../components/Refusal/Refusal";
import { creator } from "../../edit/create";
import { edit } from "../../edit/edit";
import { TEMPLATES } from "./templates";
import "../../components/Form/Form.css";
import { FLOWS, Trail } from "../../components/Trail/Trail";
import "./FlowNew.css";

/** A new flow: of a type, one of its templates under a name of its own, as a draft. */
export default function FlowNew() {
  useTitle("New flow");
  const [type, setType] = useState(FLOW_TYPES[0]);
  const templates = TEMPLATES.filter((one) => one.type === type.type);
  const [chosen, choose] = useState("");
  const template = templates.find((one) => one.id === chosen) ?? templates[0];
  const [name, setName] = useState<string>();
  const [, go] = useLocation();
  const { clientId } = useSession();
  const client = useQueryClient();
  const [create] = useState(() => creator(clientId));
  const mayQueues = useMay("routing:write");
  const queues = useQuery({ ...objects<Entity>(KINDS.queue), enabled: useMay("routing:read") });
  const wanted = name ?? template?.called ?? "";
  const lacking = (there: Entity[] | undefined) => (template?.queues ?? []).filter((queue) => there?.every((one) => one.name?.toLowerCase() !== queue.toLowerCase()));
  const missing = lacking(queues.data);
  const making = useMutation({
    mutationFn: async () => {
      const text = edit(template?.text ?? "", ["name"], wanted.trim());
      // Queues of an attempt whose answer was lost are there by now. Which are missing may not be known yet.
      const needed = mayQueues && (queues.isLoading || missing.length > 0) ? lacking((await queues.refetch({ throwOnError: true })).data) : [];
      for (const queue of needed) await save({ kind: KINDS.queue, body: { name: queue }, note: `for the flow ${wanted.trim()}` });
      return await create(text);
    },
    onSuccess: (flow) => {
      void client.invalidateQueries();
      go(`/flows/${flow.id}/edit`);
    },
  });
  return (
    <div className="page">
      <div className="page-head">
        <Trail to={[FLOWS]} />
        <h1>New flow</h1>
      </div>
      <form
        className="panel form"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted.trim()) making.mutate();
        }}
      >
        <fieldset className="templates">
          <legend>Type</legend>
          {FLOW_TYPES.map((one) => (
            <Card key={one.type} group="type" value={one.type} title={one.name} about={one.about} checked={one === type} onChoose={() => setType(one)} />
          ))}
        </fieldset>
        <fieldset className="templates">
          <legend>Start from</legend>
          {templates.map((one) => (
            <Card key={one.id} group="template" value={one.id} title={one.name} about={one.description} checked={one === template} onChoose={() => choose(one.id)} />
          ))}
        </fieldset>
        <div className="form-field">
          <label htmlFor="flow-name">Name</label>
          <input id="flow-name" className="input" required value={wanted} onChange={(event) => setName(event.target.value)} />
        </div>
        {missing.length > 0 && (
          <p className="form-help">
            {mayQueues ? `Queues that are made with it: ${missing.join(", ")}.` : `It names queues that are not there: ${missing.join(", ")}. Choose others in the editor.`}
          </p>
        )}
        {making.error && <Refusal error={making.error} />}
        <div className="row">
          <button className="button primary" disabled={making.isPending || !wanted.trim()}>
            Create the flow
          </button>
          <Link href="/flows" className="button">
            Cancel
          </Link>
        </div>
        <p className="form-help">It is a draft: {type.begins}.</p>
      </form>
    </div>
  );
}

interface CardProps {
  group: string;
  value: string;
  title: string;
  about: string;
  checked: boolean;
  onChoose: () => void;
}

/** One of several choices, with what it is. */
function Card({ group, value, title, about, checked, onChoose }: CardProps) {
  return (
    <label className={checked ? "template chosen" : "template"}>
      <input type="radio" name={group} value={value} checked={checked} onChange={onChoose} />
      <span>
        <strong>{title}</strong>
        <span className="muted">{about}</span>
      </span>
    </label>
  );
}
