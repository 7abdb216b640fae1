import type { Loop } from "../../run/loops";
import "./LoopStrip.css";

interface Props {
  loops: Loop[];
  step: number;
  onStep: (step: number) => void;
}

/** More turns of a loop are not drawn: those around the one that is looked at are. */
const MOST = 240;

/** More loops are not shown. */
const MOST_LOOPS = 6;

/** Each loop as a strip, a cell for each turn. A click, or an arrow, leads to its first step. */
export function LoopStrip({ loops, step, onStep }: Props) {
  if (loops.length === 0) return null;
  // Those around the step come first where there are many.
  const around = (loop: Loop) => (turnAt(loop, step) === undefined ? 1 : 0);
  const shown = [...loops].sort((one, other) => around(one) - around(other)).slice(0, MOST_LOOPS);
  return (
    <div className="loops">
      {loops.filter((loop) => shown.includes(loop)).map((loop) => (
        <Strip key={loop.turns[0]?.from} loop={loop} step={step} onStep={onStep} />
      ))}
      {loops.length > MOST_LOOPS && <p className="muted">{loops.length - MOST_LOOPS} more loops</p>}
    </div>
  );
}

function turnAt(loop: Loop, step: number): number | undefined {
  const found = loop.turns.findIndex((turn) => turn.from <= step && step <= turn.to);
  return found < 0 ? undefined : found;
}

function Strip({ loop, step, onStep }: { loop: Loop; step: number; onStep: Props["onStep"] }) {
  const { title, node, turns } = loop;
  const here = turnAt(loop, step);
  const first = turns.length <= MOST ? 0 : Math.max(0, Math.min(turns.length - MOST, (here ?? 0) - MOST / 2));
  const shown = turns.slice(first, first + MOST);
  const id = `loop-${turns[0]?.from}`;
  const go = (turn: number) => {
    const to = turns[Math.max(0, Math.min(turns.length - 1, turn))];
    if (to) onStep(to.from);
  };
  const at = here ?? -1;
  const keys: Record<string, number> = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: turns.length - 1 };
  return (
    <div className="loop">
      <span className="loop-title">
        {loop.outer && <span aria-hidden="true">↳ </span>}
        {title} <span className="muted">in {node}, {here === undefined ? `${turns.length.toLocaleString("en")} turn${turns.length === 1 ? "" : "s"}` : `turn ${here + 1} of ${turns.length.toLocaleString("en")}`}</span>
      </span>
      <div
        role="listbox"
        aria-orientation="horizontal"
        aria-label={`Turns of ${title} in ${node}`}
        tabIndex={0}
        className="cells"
        aria-activedescendant={here === undefined ? undefined : `${id}-${here}`}
        onKeyDown={(event) => {
          const to = keys[event.key];
          if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          go(to);
        }}
      >
        {first > 0 && <span className="more" aria-hidden="true">{first}…</span>}
        {shown.map((turn, place) => (
          <span
            key={turn.from}
            id={`${id}-${first + place}`}
            role="option"
            aria-selected={first + place === here}
            aria-label={`turn ${turn.number + 1}${turn.failed ? ", an error arose" : ""}`}
            title={`turn ${turn.number + 1}: ${turn.to - turn.from + 1} steps${turn.failed ? ", an error arose" : ""}`}
            className={turn.failed ? "cell failed" : turn.from > step ? "cell ahead" : "cell"}
            onClick={() => onStep(turn.from)}
          />
        ))}
        {first + shown.length < turns.length && <span className="more" aria-hidden="true">…{turns.length - first - shown.length}</span>}
      </div>
    </div>
  );
}
