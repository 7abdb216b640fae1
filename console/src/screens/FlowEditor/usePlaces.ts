import { type RefObject, useCallback, useEffect, useRef } from "react";
import { movePositions } from "../../api/written";
import { keepMoves, withMoves } from "../../edit/kept";
import { moves, type Positions } from "../../edit/positions";
import { useKept } from "./useKept";

/** How long a server that did not take them is left alone, in milliseconds. */
const RETRY_AFTER = 10_000;

/**
 * Keeps on the server where nodes are drawn, once somebody changed something: only what is elsewhere than the server has it. Until it is there, this
 * browser keeps it. What others move comes into `there` and into what `now` answers at once: neither is to be older than the other.
 */
export function usePlaces(id: string, slot: string, there: RefObject<Positions>, now: () => Positions, positions: Positions, changed: boolean) {
  const busy = useRef(false);
  const later = useRef<ReturnType<typeof setTimeout>>(undefined);
  const send = useCallback(async () => {
    clearTimeout(later.current);
    // A page that goes away may not hear whether it got there.
    if (busy.current) return void keepMoves(slot, moves(there.current, now()));
    busy.current = true;
    try {
      for (;;) {
        const moved = moves(there.current, now());
        keepMoves(slot, moved);
        if (Object.keys(moved).length === 0) return;
        await movePositions(id, moved);
        // With what others moved meanwhile.
        there.current = withMoves(there.current, moved);
      }
    } catch {
      later.current = setTimeout(() => void send(), RETRY_AFTER);
    } finally {
      busy.current = false;
    }
  }, [id, slot, there, now]);
  useKept(
    useCallback(() => {
      if (changed) void send();
    }, [positions, changed, send]),
  );
  useEffect(() => () => clearTimeout(later.current), []);
}
