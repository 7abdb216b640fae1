import { useEffect, useMemo, useRef, useState } from "react";
import { describe } from "../../run/describe";
import type { RunPath } from "../../run/read";
import "./StepList.css";

interface Props {
  run: RunPath;
  step: number;
  onStep: (step: number) => void;
  /** Which of several runs it is, where there are more. */
  of?: string;
}

/** All steps of a run. One is looked at: arrows, `j` and `k`, Home and End move it, and `/` searches. */
export function StepList({ run, step, onStep, of }: Props) {
  const list = useRef<HTMLOListElement>(null);
  const last = run.steps.length - 1;
  useEffect(() => {
    const here = list.current?.children[step];
    if (here instanceof HTMLElement && list.current) {
      const { scrollTop, clientHeight } = list.current;
      if (here.offsetTop < scrollTop || here.offsetTop + here.offsetHeight > scrollTop + clientHeight) {
        list.current.scrollTop = here.offsetTop - clientHeight / 3;
      }
    }
  }, [step]);
  const [text, setText] = useState("");
  const box = useRef<HTMLInputElement>(null);
  const wanted = text.trim().toLowerCase();
  const told = useMemo(() => run.steps.map((one) => describe(one.event)), [run]);
  const matches = useMemo(() => (wanted ? told.flatMap(({ title, detail }, place) => (`${title} ${detail ?? ""}`.toLowerCase().includes(wanted) ? [place] : [])) : []), [told, wanted]);
  const found = useMemo(() => new Set(matches), [matches]);
  const nth = matches.indexOf(step);
  const find = (back: boolean) => {
    const next = back ? matches.findLast((place) => place < step) : matches.find((place) => place > step);
    const to = next ?? (back ? matches.at(-1) : matches[0]);
    if (to !== undefined) onStep(to);
  };
  const move = (to: number) => onStep(Math.min(last, Math.max(0, to)));
  const keys: Record<string, number> = { ArrowDown: step + 1, j: step + 1, ArrowUp: step - 1, k: step - 1, Home: 0, End: last };
  return (
    <div className="steps">
      <div className="steps-bar">
        <span className="muted">
          Step {step + 1} of {run.steps.length}
        </span>
        <span>
          <Go label="First step" icon="M6 5v14 M18 6l-7 6 7 6" disabled={step === 0} onClick={() => move(0)} />
          <Go label="Step back" icon="M15 6l-7 6 7 6" disabled={step === 0} onClick={() => move(step - 1)} />
          <Go label="Step forward" icon="M9 6l7 6-7 6" disabled={step === last} onClick={() => move(step + 1)} />
          <Go label="Last step" icon="M18 5v14 M6 6l7 6-7 6" disabled={step === last} onClick={() => move(last)} />
        </span>
      </div>
      <form
        role="search"
        aria-label={of}
        className="steps-search"
        onSubmit={(event) => {
          event.preventDefault();
          find(false);
        }}
      >
        <input
          ref={box}
          type="search"
          className="input"
          aria-label="Search the steps"
          placeholder="Search the steps ( / )"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && event.shiftKey) {
              event.preventDefault();
              find(true);
            }
          }}
        />
        {wanted && (
          <span className="muted" role="status">
            {matches.length === 0 ? "none" : nth < 0 ? `${matches.length} found` : `${nth + 1} of ${matches.length}`}
          </span>
        )}
      </form>
      <ol
        ref={list}
        role="listbox"
        aria-label={of ? `Steps of the run: ${of}` : "Steps of the run"}
        tabIndex={0}
        aria-activedescendant={step >= 0 ? `step-${step}` : undefined}
        onKeyDown={(event) => {
          if (event.key === "/") {
            event.preventDefault();
            box.current?.focus();
          }
          const to = keys[event.key];
          if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          move(to);
        }}
      >
        {run.steps.map((one) => {
          const { title, detail, tone } = told[one.index] ?? describe(one.event);
          return (
            <li
              key={one.index}
              id={`step-${one.index}`}
              role="option"
              aria-selected={one.index === step}
              className={`${tone} depth-${Math.min(one.depth + one.loops, 6)}${found.has(one.index) ? " match" : ""}`}
              onClick={() => onStep(one.index)}
            >
              <span className="what">{title}</span> {detail && <span className="detail" title={detail}>{detail}</span>}
            </li>
          );
        })}
      </ol>
      {run.dropped > 0 && <p className="muted steps-note">{run.dropped.toLocaleString("en")} steps before the decision were not kept.</p>}
    </div>
  );
}

function Go({ label, icon, disabled, onClick }: { label: string; icon: string; disabled: boolean; onClick: () => void }) {
  return (
    <button className="button quiet" aria-label={label} disabled={disabled} onClick={onClick}>
      <svg viewBox="0 0 24 24" width="14" height="14" aria-hidden="true">
        <path d={icon} />
      </svg>
    </button>
  );
}
