import type { RunPath } from "./read";

/** One turn of a loop: its steps, the first and the last. */
export interface Turn {
  number: number;
  from: number;
  to: number;
  /** An error arose in it. */
  failed: boolean;
}

/** A loop as the run went through it. */
export interface Loop {
  /** The loop's action: its name, or its type. */
  title: string;
  /** The node that it is in. */
  node: string;
  turns: Turn[];
  /** The loop and its turn that this loop is inside of, in the same call. */
  outer?: { loop: number; turn: number };
}

/** All loops of a run that had a turn, in the order in which they began. */
export function loopsOf(path: RunPath): Loop[] {
  const loops: Loop[] = [];
  /** Loops under way, the innermost last, by call. */
  const open = new Map<number, number[]>();
  const doing = new Map<number, string>();
  const turn = (loop: number | undefined) => (loop === undefined ? undefined : loops[loop]?.turns.at(-1));
  const end = (frame: number, at: number, all: boolean) => {
    const mine = open.get(frame) ?? [];
    for (const loop of all ? mine.splice(0) : mine.splice(-1)) {
      const last = turn(loop);
      if (last) last.to = Math.max(last.from, at);
    }
  };
  for (const { index, event, frame, node } of path.steps) {
    const mine = open.get(frame) ?? [];
    switch (event.event) {
      case "action":
        doing.set(frame, event.name || event.type);
        break;
      case "turn": {
        const last = turn(mine.at(-1));
        // A turn 0 begins a loop inside of the one under way.
        if (event.number === 0 || !last) {
          const outer = mine.at(-1);
          loops.push({ title: doing.get(frame) ?? "loop", node: node ?? "", turns: [], ...(outer !== undefined && last && { outer: { loop: outer, turn: last.number } }) });
          open.set(frame, [...mine, loops.length - 1]);
        } else {
          last.to = index - 1;
        }
        loops[open.get(frame)?.at(-1) ?? -1]?.turns.push({ number: event.number, from: index, to: path.steps.length - 1, failed: false });
        break;
      }
      case "loopEnd":
        if (event.turns > 0) end(frame, index - 1, false);
        break;
      case "caught":
      case "notFound":
      case "failure":
      case "timedOut":
        end(frame, index - 1, true);
        break;
      case "leave":
        end(frame, index, true);
        break;
      case "error":
        for (const loop of [...open.values()].flat()) {
          const now = turn(loop);
          if (now) now.failed = true;
        }
        break;
    }
  }
  return loops;
}

/** Loops worth showing at a step: outermost ones, and those inside of the turn that the step is in. */
export function loopsAt(loops: Loop[], step: number): Loop[] {
  return loops.filter(({ outer }) => {
    const around = outer && loops[outer.loop]?.turns.find((turn) => turn.number === outer.turn);
    return !outer || (around !== undefined && around.from <= step && step <= around.to);
  });
}
