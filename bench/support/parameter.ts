/** What a benchmark can be told, with a small value that only shows that it still runs. */

/** `BENCH=smoke` or `--smoke`: seconds in place of minutes; the numbers mean nothing. */
export const isSmoke = process.env.BENCH === 'smoke' || process.argv.includes('--smoke');

const used = new Map<string, number>();

/** `MILLRACE_BENCH_<NAME>` wins over both values. */
export function parameter(name: string, smokeValue: number, fullValue: number): number {
  const given = process.env[`MILLRACE_BENCH_${name.toUpperCase()}`];
  const value = given === undefined ? (isSmoke ? smokeValue : fullValue) : Number(given);
  if (!Number.isFinite(value) || value <= 0)
    throw new Error(`parameter ${name}: expected a number above 0, got ${given}`);
  used.set(name, value);
  return value;
}

/** All that were asked for, for the results. */
export function usedParameters(): Readonly<Record<string, number>> {
  return Object.fromEntries(used);
}
