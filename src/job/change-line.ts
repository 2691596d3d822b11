/** A line of a query's changelog, `{"op":"+I","row":{…}}`, back to values. */

const mostDigits = 15; // that a double always keeps

/**
 * Integers beyond ±(2^53 − 1) become bigint; fractions with more digits than a double keeps (of a DECIMAL) stay texts; all else is what
 * JSON.parse makes of it.
 */
export function parseChange<T>(line: string): T {
  return JSON.parse(line, exactNumber as (key: string, value: unknown) => unknown) as T;
}

function exactNumber(_key: string, value: unknown, context: Readonly<{ source?: string }>): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value;
  const { source } = context;
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  const digits = source.replace(/^-?[0.]*|[-.]/g, '').length;
  return digits <= mostDigits || /e/i.test(source) || Number(source).toString() === source ? value : source;
}
