import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { readAside } from "./aside";
import { known, read, type Reading } from "./edit";

/** What is shorter is read within a frame. */
const SHORT = 20_000;

/** A text, read; undefined while that is under way. What is read of another text meanwhile is not told. */
export function useReading(text: string): { reading: Reading | undefined; readAgain: () => void } {
  const [times, setTimes] = useState(0);
  const wanted = useRef<string>(undefined);
  const busy = useRef(false);
  const readAgain = useCallback(() => setTimes((before) => before + 1), []);
  const reading = useMemo(() => known(text) ?? (text.length <= SHORT ? read(text) : undefined), [text, times]);
  useEffect(() => {
    wanted.current = reading ? undefined : text;
    if (busy.current || reading) return;
    // One at a time, and then the newest: those in between are of no use any more.
    const next = async () => {
      busy.current = true;
      for (let one = wanted.current; one !== undefined; one = wanted.current === one ? undefined : wanted.current) await readAside(one);
      busy.current = false;
      readAgain();
    };
    void next();
  }, [text, reading, readAgain]);
  return { reading, readAgain };
}
