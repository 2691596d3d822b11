// Whether two tables have the same rows: in any order, doubles to nine digits.

const digits = 9;

function plain(value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(digits)) : value;
}

function textOf(line: string): string {
  const row = JSON.parse(line) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
}

/** Of rows as JSON: `- ` those that only the first has, `+ ` those that only the second has. */
export function differences(first: readonly string[], second: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of first) counts.set(textOf(line), (counts.get(textOf(line)) ?? 0) + 1);
  for (const line of second) counts.set(textOf(line), (counts.get(textOf(line)) ?? 0) - 1);
  return [...counts]
    .filter(([, count]) => count !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([text, count]) => `${count > 0 ? '-' : '+'} ${text}`);
}
