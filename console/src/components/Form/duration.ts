const UNITS: [RegExp, "W" | "D" | "H" | "M" | "S"][] = [
  [/^(w|wk|wks|weeks?)$/i, "W"],
  [/^(d|days?)$/i, "D"],
  [/^(h|hrs?|hours?)$/i, "H"],
  [/^(m|min|mins|minutes?)$/i, "M"],
  [/^(s|sec|secs|seconds?)$/i, "S"],
];

/** `4 h 30 min` as ISO 8601 has it, `PT4H30M`. What is neither stays as it is, for the server to say what is wrong. */
export function isoDuration(text: string): string {
  const trimmed = text.trim();
  if (/^P/i.test(trimmed)) return trimmed.toUpperCase();
  const parts = [...trimmed.matchAll(/(\d+)\s*([a-z]+)/gi)];
  const rest = trimmed.replace(/(\d+)\s*([a-z]+)/gi, "").replace(/(,|and|\s)+/g, "");
  const found = parts.map(([, count, word = ""]) => ({ count, unit: UNITS.find(([pattern]) => pattern.test(word))?.[1] }));
  if (parts.length === 0 || rest !== "" || found.some((one) => !one.unit)) return trimmed;
  const of = (units: string) => [...units].map((unit) => found.filter((one) => one.unit === unit).map((one) => `${one.count}${unit}`).join("")).join("");
  const time = of("HMS");
  return `P${of("WD")}${time && `T${time}`}`;
}
