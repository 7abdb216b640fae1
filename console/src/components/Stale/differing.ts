/** The members in which two states of an object differ, without those that the server sets. */
export function differing(one: Record<string, unknown>, other: Record<string, unknown>, managed: string[]): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)].filter((name) => !managed.includes(name)));
  return [...names].filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));
}
