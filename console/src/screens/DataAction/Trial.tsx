import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call, type Schemas } from "../../api/client";
import { useMay } from "../../app/session";
import { Badge } from "../../components/Badge/Badge";
import { isRecord } from "../../components/Form/blank";
import { FormContext } from "../../components/Form/context";
import { Members } from "../../components/Form/Form";
import { Refusal } from "../../components/Refusal/Refusal";
import { shapeOf } from "./contract";

/** Calls the data action with an input that is typed: the request is really made. */
export function Trial({ id, contract }: { id: string; contract: unknown }) {
  const input = isRecord(contract) && isRecord(contract.input) ? contract.input.inputSchema : undefined;
  const shape = shapeOf(input);
  const [value, setValue] = useState<Record<string, unknown>>({});
  const trying = useMutation({ mutationFn: () => call<Schemas["TestExecution"]>(`/integrations/actions/${id}/test`, { method: "POST", body: value }) });
  if (!useMay("routing:write")) return null;
  const { data } = trying;
  return (
    <section className="panel">
      <header>
        <h2>Test call</h2>
      </header>
      <form
        className="form"
        noValidate
        aria-label="Test call"
        onSubmit={(event) => {
          event.preventDefault();
          (document.activeElement as HTMLElement | null)?.blur();
          setTimeout(() => trying.mutate());
        }}
      >
        <FormContext value={{ problems: [], exists: true, onBroken: () => {} }}>
          <Members shape={shape} path="" value={value} onChange={setValue} />
        </FormContext>
        {trying.error && <Refusal error={trying.error} />}
        <div className="row">
          <button className="button primary" disabled={trying.isPending}>
            {trying.isPending ? "Calling…" : "Make the call"}
          </button>
          <span className="form-help">The request is really made: the other system acts on it.</span>
        </div>
        {data && (
          <div role="status" className="form-members">
            <ol className="trial-steps">
              {data.operations.map((one) => (
                <li key={one.step}>
                  {one.name} <Badge tone={one.success ? "good" : "bad"}>{one.success ? "ok" : "failed"}</Badge> {one.error && <span className="muted">{one.error.message}</span>}
                </li>
              ))}
            </ol>
            {data.error && <p className="form-problem">{data.error.message}</p>}
            {data.finalResult && <pre className="fact-json">{JSON.stringify(data.finalResult, null, 2)}</pre>}
          </div>
        )}
      </form>
    </section>
  );
}
