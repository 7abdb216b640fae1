import { useEffect, useMemo, useState } from "react";
import type { ObjectShape } from "../../api/shape";
import { FormContext } from "../../components/Form/context";
import { Group } from "../../components/Form/Field";
import { Members } from "../../components/Form/Form";
import type { Problem } from "../../components/Form/paths";
import { type Answer, type Answers, FAILURES, givenOf } from "../../edit/answers";
import type { Called } from "./useCalled";

const ERROR: ObjectShape = {
  kind: "object",
  fields: [
    { name: "code", label: "Code", help: "", required: true, shape: { kind: "enum", options: [...FAILURES] } },
    { name: "message", label: "Message", help: "", required: false, shape: { kind: "text" } },
    { name: "status", label: "Status", help: "The HTTP status, if there was one.", required: false, shape: { kind: "number", integer: true } },
  ],
};

const WAYS: { label: string; answer: Answer | undefined }[] = [
  { label: "Nothing", answer: undefined },
  { label: "Outputs", answer: { kind: "success", output: {} } },
  { label: "A failure", answer: { kind: "failure", error: { code: "unreachable" } } },
  { label: "Too late", answer: { kind: "timeout" } },
];

interface Props {
  called: Called[];
  answers: Answers;
  /** What was typed for a data action and is not chosen now. */
  typed: (name: string, kind: Answer["kind"]) => Answer | undefined;
  onChange: (name: string, answer: Answer | undefined) => void;
  /** What the server said of the answers as they were last sent. */
  problems: Problem[];
  /** Tells whether a data action's answer has a field that can't be sent. */
  onBroken: (name: string, broken: boolean) => void;
}

/** What the data actions of a flow answer when it is tried. They are not called. */
export function AnswersForm({ called, answers, typed, onChange, problems, onBroken }: Props) {
  // Their places as they are sent: what is wrong is said at its field.
  const order = givenOf(answers).map((one) => one.dataAction);
  return (
    <section className="panel answers" aria-label="Answers of data actions">
      <header>
        <h2>Answers of data actions</h2>
      </header>
      <div className="form">
        <p className="form-help">Data actions are not called when a flow is tried. The run stops at one that answers nothing.</p>
        {called.map((one) => (
          <AnswerForm
            key={one.name}
            called={one}
            answer={answers[one.name]}
            typed={(kind) => typed(one.name, kind)}
            path={`answers[${order.indexOf(one.name)}]`}
            problems={problems}
            onChange={(next) => onChange(one.name, next)}
            onBroken={onBroken}
          />
        ))}
      </div>
    </section>
  );
}

interface AnswerProps extends Pick<Props, "problems" | "onBroken"> {
  called: Called;
  answer: Answer | undefined;
  typed: (kind: Answer["kind"]) => Answer | undefined;
  path: string;
  onChange: (answer: Answer | undefined) => void;
}

function AnswerForm({ called: { name, outputs }, answer, typed, path, problems, onChange, onBroken }: AnswerProps) {
  const [broken, setBroken] = useState<readonly string[]>([]);
  const context = useMemo(() => {
    // Its place changes with the answers before it.
    const member = (at: string) => at.replace(/^answers\[-?\d+\]/, "");
    return { problems, exists: true, onBroken: (at: string, is: boolean) => setBroken((before) => [...before.filter((one) => one !== member(at)), ...(is ? [member(at)] : [])]) };
  }, [problems]);
  const isBroken = broken.length > 0;
  useEffect(() => {
    onBroken(name, isBroken);
    return () => onBroken(name, false);
  }, [name, isBroken, onBroken]);
  return (
    <FormContext value={context}>
      <Group path={path} label={name}>
        <div data-answer={name} role="radiogroup" aria-label={`What ${name} answers`} className="form-radios">
          <span>Answers</span>
          {WAYS.map((way) => (
            <label key={way.label}>
              <input
                type="radio"
                name={`answer ${name}`}
                checked={answer?.kind === way.answer?.kind}
                onChange={() => {
                  setBroken([]);
                  onChange(way.answer && (typed(way.answer.kind) ?? way.answer));
                }}
              />{" "}
              {way.label}
            </label>
          ))}
        </div>
        {answer?.kind === "success" && <Members shape={outputs} path={`${path}.output`} value={answer.output} onChange={(output) => onChange({ kind: "success", output })} />}
        {answer?.kind === "failure" && <Members shape={ERROR} path={`${path}.error`} value={answer.error} onChange={(error) => onChange({ kind: "failure", error })} />}
      </Group>
    </FormContext>
  );
}

/** Goes to the form of a data action's answer. */
export function leadTo(name: string) {
  const choice = [...document.querySelectorAll<HTMLElement>("[data-answer]")].find((one) => one.dataset.answer === name)?.querySelector<HTMLElement>("input:checked");
  choice?.scrollIntoView({ block: "center" });
  choice?.focus();
}
