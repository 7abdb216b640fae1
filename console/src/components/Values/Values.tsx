import { shown } from "../../run/describe";
import { type RunPath, valuesAt } from "../../run/read";
import "./Values.css";

/** What is higher than it is shown can be scrolled by keys: it takes the focus. */
function reachable(value: HTMLElement | null) {
  if (!value) return undefined;
  const measure = () => {
    if (value.scrollHeight > value.clientHeight) value.tabIndex = 0;
    else value.removeAttribute("tabindex");
  };
  measure();
  const sizes = new ResizeObserver(measure);
  sizes.observe(value);
  return () => sizes.disconnect();
}

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
              <dd className="mono" ref={reachable}>
                {one.value === undefined ? <span className="muted">not kept in the trace</span> : shown(one.value)}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
