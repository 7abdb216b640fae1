import "../Refusal/Refusal.css";

interface Props {
  /** What was edited, in a word: `queue`. */
  what: string;
  /** What the other person changed of it, as its form calls it. */
  changed: string[];
  onTheirs: () => void;
  onMine: () => void;
}

/** Somebody else changed what a form is about: nothing is overwritten unless it is chosen. */
export function Stale({ what, changed, onTheirs, onMine }: Props) {
  return (
    <div className="refusal" role="alert">
      <p>
        <strong>Someone else changed this {what} while you were editing.</strong>
      </p>
      <p>They changed: {changed.join(", ") || "nothing that is shown here"}.</p>
      <div className="row">
        <button type="button" className="button" onClick={onTheirs}>
          Use their version
        </button>
        <button type="button" className="button danger" onClick={onMine}>
          Overwrite with mine
        </button>
      </div>
    </div>
  );
}
