/** Numbers as Java writes and reads them. */

/** Double.toString: `1.0`, `1.0E10`, `0.001`, `1.0E-4`, `NaN`, `-Infinity`. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  const text = String(size);
  return (value < 0 ? '-' : '') + (size >= 1e-3 && size < 1e7 ? withPoint(text) : scientific(text));
}

/** Float.toString: the fewest digits that are still this 32-bit value. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatDouble(value);
  const mostDigits = 9;
  for (let digits = 1; digits < mostDigits; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return formatDouble(short);
  }
  return formatDouble(Number(value.toPrecision(mostDigits)));
}

function withPoint(text: string): string {
  return text.includes('.') ? text : `${text}.0`;
}

/** Of JavaScript's text of a number, in either of its forms. */
function scientific(text: string): string {
  const [mantissa = '', exponentText = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const leadingZeros = whole.length + fraction.length - digits.length;
  const exponent = Number(exponentText) + whole.length - 1 - leadingZeros;
  const rest = digits.slice(1).replace(/0+$/, '');
  return `${digits[0]}.${rest === '' ? '0' : rest}E${exponent}`;
}

const javaForm = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?)$/;

/** Double.parseDouble, but for hexadecimal forms; null where it throws. Blanks around are dropped. */
export function parseDouble(text: string): number | null {
  const trimmed = text.trim();
  if (!javaForm.test(trimmed)) return null;
  if (trimmed.endsWith('N')) return Number.NaN;
  return Number(trimmed.replace(/(?<=[\d.])[dDfF]$/, ''));
}

const integerForm = /^([+-]?\d*)(?:\.\d*)?$/;

/**
 * A text as BinaryStringDataUtil.toLong reads it: digits with a sign, a fraction is cut off. null where it is none; the range is for the
 * caller to check.
 */
export function parseInteger(text: string): bigint | null {
  const match = integerForm.exec(text.trim());
  const whole = match?.[1];
  if (whole === undefined || text.trim() === '' || whole === '+' || whole === '-') return null;
  return whole.startsWith('+') ? BigInt(whole.slice(1)) : BigInt(whole);
}
