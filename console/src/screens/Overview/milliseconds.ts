/** A time in the unit that people would say it in. */
export function milliseconds(value: number): string {
  if (value < 1) return `${Math.round(value * 100) / 100} ms`;
  if (value < 10) return `${Math.round(value * 10) / 10} ms`;
  if (value < 1000) return `${Math.round(value)} ms`;
  if (value < 60_000) return `${Math.round(value / 100) / 10} s`;
  return `${Math.round(value / 6000) / 10} min`;
}
