import { useMemo, useState } from "react";
import type { RunTrace } from "../../api/queries";
import { StepList } from "../../components/StepList/StepList";
import { readRun } from "../../run/read";

interface Props {
  before: RunTrace | null | undefined;
  after: RunTrace | null | undefined;
  /** The step that both are opened at: where they part. */
  begin: number;
  titles: [string, string];
}

/** Two runs of one mail side by side. */
export function Runs({ before, after, begin, titles }: Props) {
  return (
    <div className="both-runs">
      <Run title={titles[0]} trace={before} begin={begin} />
      <Run title={titles[1]} trace={after} begin={begin} />
    </div>
  );
}

function Run({ title, trace, begin }: { title: string; trace: RunTrace | null | undefined; begin: number }) {
  const run = useMemo(() => (trace ? readRun(trace) : undefined), [trace]);
  const [step, setStep] = useState(Math.min(begin, Math.max(0, (run?.steps.length ?? 1) - 1)));
  return (
    <div>
      <h3>{title}</h3>
      {run ? <StepList run={run} step={step} onStep={setStep} of={title} /> : <p className="muted both-none">There is no trace.</p>}
    </div>
  );
}

type Named = string | { name?: string };

interface Said {
  kind?: string;
  queue?: Named;
  addresses?: string[];
  priority?: number;
  skills?: Named[];
  language?: Named;
  reason?: string;
}

const named = (one: Named) => (typeof one === "string" ? one : one.name);

/** A decision in few words: all of it that may differ. */
export function said(decision: unknown): string {
  const { kind, queue, addresses, priority, skills, language, reason } = (decision ?? {}) as Said;
  return [kind, typeof queue === "string" ? queue : queue?.name, addresses?.join(", "), priority ? `priority ${priority}` : "", skills && skills.length > 0 ? `skills ${skills.map(named).join(", ")}` : "", language ? `language ${named(language)}` : "", reason].filter(Boolean).join(" ") || "nothing";
}
