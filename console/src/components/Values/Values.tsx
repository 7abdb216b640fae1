import { shown } from "../../run/describe";
import { type RunPath, valuesAt } from "../../run/read";
import "./Values.css";

/** What the run knows at a step. What the step itself set is marked. */
export function Values({ run, step }: { run: RunPath; step: number }) {
  const values = valuesAt(run, step);
  const flow = run.entered.find((one) => one.key === run.steps[step]?.sheet);
  return (
    <section className="values" aria-label="Values" tabIndex={0}>
      <h2>Values{flow && <span className="muted"> in {flow.name}</span>}</h2>
      {values.length === 0 ? (
        <p className="muted">Nothing is set yet.</p>
      ) : (
        <dl>
          {values.map((one) => (
            <div key={`${one.scope} ${one.name}`} className={one.setAt === step ? "fresh" : undefined}>
              <dt>
                <span className="scope">{one.scope === "run" ? "" : one.scope}</span> {one.name}
              </dt>
              <dd className="mono" tabIndex={0}>{one.value === undefined ? <span className="muted">not kept in the trace</span> : shown(one.value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
