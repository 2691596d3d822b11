// What an engine says to a query.

export type Change = Readonly<{ op: string; row: Readonly<Record<string, unknown>> }>;

/** `types`: those of columns, as far as known, as Flink's gateway describes them. */
export type Answer =
  | Readonly<{ rows: readonly Change[]; types?: Readonly<Record<string, string>> }>
  | Readonly<{ error: string }>;

const mostDigits = 15; // that a double always keeps

/** Numbers of more digits than a double keeps stay texts, without zeros behind their fraction. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

function exact(_key: string, value: unknown, context: Readonly<{ source?: string }>): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value;
  const source = withoutExponent(context.source);
  const digits = source.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  return digits.replace(/^-?[0.]*|\./g, '').length <= mostDigits ? value : digits;
}

/** Java writes large decimals with an exponent, too. */
function withoutExponent(source: string): string {
  const [, sign, whole, fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?e\+?(\d+)$/i.exec(source) ?? [];
  if (exponent === undefined) return source;
  const digits = (whole + fraction).padEnd(whole!.length + Number(exponent), '0');
  const point = whole!.length + Number(exponent);
  return point < digits.length ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}` : sign + digits;
}
