/** Numbers and blanks as Java writes and reads them: what Flink's formats print and accept. */

/** Double.toString: `1.0`, `1.0E10`, `NaN`, `Infinity`. */
export function formatDouble(value: number): string {
  return javaForm(value, String(value));
}

/** Float.toString, of a value that is a 32-bit float: the fewest digits that give it back. */
export function formatFloat(value: number): string {
  return javaForm(value, shortestFloatDigits(value));
}

const floatDigits = 9;

function shortestFloatDigits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < floatDigits; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(floatDigits)));
}

/** The digits of a JavaScript number's text in Java's form: plain from 1e-3 to 1e7, else with an exponent. */
function javaForm(value: number, text: string): string {
  if (!Number.isFinite(value)) return text;
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return text.includes('.') ? text : `${text}.0`;
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text)!;
  const digits = (whole! + fraction).replace(/^0+/, '');
  const leadingZeros = whole!.length + fraction.length - digits.length;
  const power = Number(exponent) + whole!.length - 1 - leadingZeros;
  const significant = digits.replace(/0+$/, '');
  return `${sign}${significant[0]}.${significant.slice(1) || '0'}E${power}`;
}

/** BigDecimal.toString of an unscaled value: plain, but with an exponent below 1e-6. */
export function formatBigDecimal(plain: string, unscaled: number | bigint, scale: number): string {
  const negative = unscaled < 0;
  const digits = String(negative ? -unscaled : unscaled);
  const power = digits.length - 1 - scale;
  if (power >= -6) return plain;
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${negative ? '-' : ''}${mantissa}E${power}`;
}

/** String.trim: everything up to the blank is taken off both ends. */
export function javaTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (start < end && text.charCodeAt(end - 1) <= 32) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

const integerForm = /^[+-]?[0-9]+$/;
const longestInteger = 400; // digits; more are no long, however many zeros lead

/** Integer.parseInt and its kin: null where it is no integer or not within [min, max]. */
export function parseJavaInteger(text: string, min: bigint, max: bigint): number | bigint | null {
  if (text.length > longestInteger || !integerForm.test(text)) return null;
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number >= min && number <= max ? number + 0 : null;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value >= min && value <= max ? value : null;
}

const doubleForm = /^([+-]?)(?:(NaN)|(Infinity)|((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[fFdD]?)$/;

/** Double.parseDouble but for hexadecimal floats; the text is trimmed already. null where it is no number. */
export function parseJavaDouble(text: string): number | null {
  const match = doubleForm.exec(text);
  if (match === null) return null;
  const [, sign, nan, infinity, digits] = match;
  if (nan !== undefined) return Number.NaN;
  const size = infinity === undefined ? Number(digits) : Number.POSITIVE_INFINITY;
  return sign === '-' ? -size : size;
}
