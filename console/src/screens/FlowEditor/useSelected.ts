import { useCallback, useEffect, useState } from "react";
import type { FlowValue } from "../../edit/flow";
import { type Rename, renamedInPlace } from "../../edit/renames";
import type { Draft } from "./useDraft";

interface Seen {
  flow: FlowValue;
  /** The node that is looked at. */
  id: string | undefined;
  /** Which of the forms that were opened is its form. */
  form: number;
  renames: Rename[];
}

/**
 * The node that is looked at. Whoever gives it another id, in its form, in the YAML or elsewhere: it stays selected and where it is drawn, and its form
 * stays, with the focus where it was.
 */
export function useSelected({ flow, positions, onSettle }: Draft) {
  const [held, hold] = useState<Seen>({ flow, id: undefined, form: 0, renames: [] });
  let seen = held;
  if (seen.flow !== flow) {
    const renames = renamedInPlace(seen.flow, flow);
    seen = { ...seen, flow, renames, id: renames.find(({ from }) => from === held.id)?.to ?? held.id };
    // Before anything is drawn: a form that is gone for a moment loses the focus.
    hold(seen);
  }
  const select = useCallback((id: string | undefined) => hold((before) => (before.id === id ? before : { ...before, id, form: before.form + 1 })), []);
  const { id, form, renames } = seen;
  useEffect(() => {
    // The graph may still show the id that it had: its place stays until the graph follows.
    const moved = renames.flatMap(({ from, to }) => (positions[from] && !positions[to] ? [[to, positions[from]] as const] : []));
    if (moved.length > 0) onSettle({ ...positions, ...Object.fromEntries(moved) });
  }, [renames, positions, onSettle]);
  return { selected: id, form, select };
}
