import { useEffect, useState } from "react";

/** How long ago something was, growing while it is looked at. The exact time is its title. */
export function Age({ at, suffix = " ago" }: { at: string; suffix?: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), 5000);
    return () => clearInterval(ticking);
  }, []);
  const time = new Date(at);
  return (
    <time dateTime={at} title={time.toLocaleString()} className="nowrap">
      {age(now - time.getTime(), suffix)}
    </time>
  );
}

const UNITS: [number, string][] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

export function age(milliseconds: number, suffix = " ago"): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, "s"];
  return seconds < 5 && suffix === " ago" ? "just now" : `${Math.floor(seconds / size)} ${unit}${suffix}`;
}
