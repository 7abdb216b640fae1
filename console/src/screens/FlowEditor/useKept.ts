import { useEffect, useRef } from "react";

/** How long nobody types before this browser keeps what was typed, in milliseconds: it writes to the disk. */
const KEEP_AFTER = 300;

/** Keeps something soon after it changed, and before the page goes away: what is not drawn by then, too, where `isAhead` says that there is some. */
export function useKept(keep: () => unknown, isAhead: () => boolean = () => false) {
  const last = useRef({ keep, isAhead });
  const open = useRef<() => void>(undefined);
  useEffect(() => {
    const done = () => {
      open.current = undefined;
      keep();
    };
    open.current = done;
    last.current = { keep, isAhead };
    const timer = setTimeout(done, KEEP_AFTER);
    return () => clearTimeout(timer);
  }, [keep, isAhead]);
  useEffect(() => {
    const leave = () => {
      if (open.current) open.current();
      else if (last.current.isAhead()) last.current.keep();
    };
    // A tab that is hidden may be ended without another word, and before it draws what was typed last.
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", leave);
    return () => {
      removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", leave);
      leave();
    };
  }, []);
}
