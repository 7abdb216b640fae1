/** A page that is hidden paints nothing: then it is done after this long, in milliseconds. */
const LATEST = 100;

export interface Later {
  /** Has it done after the next paint, once. */
  plan: () => void;
  /** Does it now, if it is planned. */
  now: () => void;
}

/** Something that is done after the next paint rather than before it. */
export function afterPaint(work: () => void): Later {
  let planned: { frame: number; timer: ReturnType<typeof setTimeout> } | undefined;
  const now = () => {
    if (!planned) return;
    cancelAnimationFrame(planned.frame);
    clearTimeout(planned.timer);
    planned = undefined;
    work();
  };
  const painted = new MessageChannel();
  painted.port1.onmessage = now;
  const plan = () => {
    planned ??= { frame: requestAnimationFrame(() => painted.port2.postMessage(0)), timer: setTimeout(now, LATEST) };
  };
  return { plan, now };
}
