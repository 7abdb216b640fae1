import { Prose } from "../../components/Form/Field";
import { sentence } from "../../components/Form/paths";
import type { Problem } from "../../edit/problems";

interface Props {
  problems: Problem[];
  others: Problem[];
  /** Whether the server was asked about the text as it is. */
  checked: boolean;
  /** Whether it can't be asked: the text can't be read. */
  broken: boolean;
  onPick: (problem: Problem) => void;
}

/** What is wrong with the flow, and whom it would break. Each leads to where it is. */
export function ProblemList({ problems, others, checked, broken, onPick }: Props) {
  const count = problems.length + others.length;
  return (
    <section className="panel problem-list" aria-label="Problems">
      <header>
        <h2>Problems</h2>
        <span role="status" className="muted">
          {broken ? "Not known" : count === 0 ? (checked ? "None" : "Looking…") : count}
        </span>
      </header>
      {count > 0 && (
        <ul>
          {problems.map((one, place) => (
            <li key={place}>
              <button className="link" onClick={() => onPick(one)}>
                {one.severity === "warning" && <span className="muted">warning: </span>}
                <Prose text={sentence(one)} /> <code className="muted">{one.path}</code>
              </button>
            </li>
          ))}
          {others.map((one, place) => (
            <li key={`other-${place}`}>
              {one.flowName && <>flow {one.flowName}: </>}
              <Prose text={sentence(one)} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
