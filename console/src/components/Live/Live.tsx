import { useEffect } from "react";
import { hold, POLL, useLive } from "../../api/live";
import "./Live.css";

/** Says whether a view keeps itself up to date, and lets it be held still. `why` says why it can't be up to date now. */
export function Live({ why }: { why?: string | undefined }) {
  const { status, held } = useLive();
  // What is held still is this view, not the next.
  useEffect(() => () => hold(false), []);
  const on = !held && !why;
  const word = why ? `Paused: ${why}` : held ? "Paused" : status === "live" ? "Live" : status === "polling" ? `Every ${POLL / 1000} s` : "Connecting…";
  return (
    <button className={on ? `live by-${status === "live" ? "stream" : status}` : "live"} aria-pressed={on} disabled={why !== undefined} onClick={() => hold(!held)} title={on ? "Hold this view still" : "Go on"}>
      <span className="live-dot" aria-hidden="true" />
      {word}
    </button>
  );
}
