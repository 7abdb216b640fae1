import { useEffect, useRef } from "react";

/** How long nobody types before this browser keeps what was typed, in milliseconds: it writes to the disk. */
const KEEP_AFTER = 300;

/** Keeps something soon after it changed, and before the page goes away. */
export function useKept(keep: () => unknown) {
  const open = useRef<() => void>(undefined);
  useEffect(() => {
    const done = () => {
      open.current = undefined;
      keep();
    };
    open.current = done;
    const timer = setTimeout(done, KEEP_AFTER);
    return () => clearTimeout(timer);
  }, [keep]);
  useEffect(() => {
    const leave = () => open.current?.();
    // A tab that is hidden may be ended without another word.
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", leave);
    return () => {
      removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", leave);
      leave();
    };
  }, []);
}
