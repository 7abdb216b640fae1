import { startTransition, useDeferredValue, useEffect, useState } from "react";
import type { FlowValue } from "../../edit/flow";

/** How long nobody types before the graph follows, in milliseconds. */
const DRAW_AFTER = 180;

/** The flow as the graph shows it: what is typed is drawn once there is a pause, everything else right after its own paint. */
export function useDrawn(flow: FlowValue, typing: boolean): FlowValue {
  const [held, hold] = useState(flow);
  const next = useDeferredValue(flow);
  useEffect(() => {
    if (held === flow) return;
    const timer = setTimeout(() => startTransition(() => hold(flow)), typing ? DRAW_AFTER : 0);
    return () => clearTimeout(timer);
  }, [held, flow, typing]);
  return typing ? held : next;
}
