import "./Live.css";

interface Props {
  on: boolean;
  onChange: (on: boolean) => void;
  /** Why it can't be on now. */
  disabled?: boolean;
  why?: string;
}

/** Says whether a view keeps itself up to date, and lets it be held still. */
export function Live({ on, onChange, disabled = false, why }: Props) {
  return (
    <button className={on ? "live on" : "live"} aria-pressed={on} disabled={disabled} onClick={() => onChange(!on)}>
      <span className="live-dot" aria-hidden="true" />
      {on ? "Live, every 3 s" : disabled && why ? `Paused: ${why}` : "Paused"}
    </button>
  );
}
