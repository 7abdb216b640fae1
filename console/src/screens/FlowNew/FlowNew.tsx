import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { KINDS } from "../../api/kinds";
import { type Entity, objects, save } from "../../api/objects";
import { useMay, useSession } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Refusal } from "../../components/Refusal/Refusal";
import { createFrom } from "../../edit/create";
import { edit } from "../../edit/edit";
import { TEMPLATES } from "./templates";
import "../../components/Form/Form.css";
import { FLOWS, Trail } from "../../components/Trail/Trail";
import "./FlowNew.css";

/** A new flow: one of the templates under a name of its own, as a draft. */
export default function FlowNew() {
  useTitle("New flow");
  const [chosen, choose] = useState(TEMPLATES[0]?.id ?? "empty");
  const template = TEMPLATES.find((one) => one.id === chosen) ?? TEMPLATES[0];
  const [name, setName] = useState<string>();
  const [, go] = useLocation();
  const { clientId } = useSession();
  const client = useQueryClient();
  const mayQueues = useMay("routing:write");
  const queues = useQuery({ ...objects<Entity>(KINDS.queue), enabled: useMay("routing:read") });
  const wanted = name ?? (template?.id === "empty" ? "" : (template?.name ?? ""));
  const missing = (template?.queues ?? []).filter((queue) => queues.data?.every((one) => one.name?.toLowerCase() !== queue.toLowerCase()));
  const making = useMutation({
    mutationFn: async () => {
      const text = edit(template?.text ?? "", ["name"], wanted.trim());
      if (mayQueues) for (const queue of missing) await save({ kind: KINDS.queue, body: { name: queue }, note: `for the flow ${wanted.trim()}` });
      return await createFrom(text, clientId);
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
          <legend>Start from</legend>
          {TEMPLATES.map((one) => (
            <label key={one.id} className={one.id === chosen ? "template chosen" : "template"}>
              <input type="radio" name="template" value={one.id} checked={one.id === chosen} onChange={() => choose(one.id)} />
              <span>
                <strong>{one.name}</strong>
                <span className="muted">{one.description}</span>
              </span>
            </label>
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
        <p className="form-help">It is a draft: no mail goes through it until it is published and a route leads to it.</p>
      </form>
    </div>
  );
}
