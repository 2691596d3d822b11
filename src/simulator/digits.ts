/** Numbers and text as ASCII bytes, straight into a buffer. Each function gives the position behind what it wrote. */

const zero = 48;
const point = 46;

/** A whole number from 0 to 2^53 − 1. */
export function writeInteger(target: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  const end = at + digits;
  let rest = value;
  let i = end;
  for (; rest > 2147483647; ) {
    const quotient = Math.floor(rest / 10);
    target[--i] = zero + (rest - quotient * 10);
    rest = quotient;
  }
  for (let small = rest | 0; i > at; ) {
    const quotient = (small / 10) | 0;
    target[--i] = zero + (small - quotient * 10);
    small = quotient;
  }
  return end;
}

/** A scaled integer with its decimal point: 713 with one digit is `71.3`. Negative ones too. */
export function writeScaled(target: Uint8Array, at: number, value: number, digits: number): number {
  let from = at;
  let rest = value;
  if (value < 0) {
    target[from++] = 45;
    rest = -value;
  }
  const scale = 10 ** digits;
  const whole = (rest / scale) | 0;
  const behind = writeInteger(target, from, whole);
  target[behind] = point;
  let fraction = rest - whole * scale;
  for (let i = behind + digits; i > behind; i--) {
    const quotient = (fraction / 10) | 0;
    target[i] = zero + (fraction - quotient * 10);
    fraction = quotient;
  }
  return behind + 1 + digits;
}

/** A whole number with zeros before it, so that it has at least `width` digits; below 2^31. */
export function writePadded(target: Uint8Array, at: number, value: number, width: number): number {
  let from = at;
  for (let limit = 10 ** (width - 1); limit > value && limit > 1; limit /= 10) target[from++] = zero;
  return writeInteger(target, from, value);
}

export function writeBytes(target: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  for (let i = 0; i < length; i++) target[at + i] = bytes[i]!;
  return at + length;
}

/** `2026-01-01 00:00:00.123`, UTC; remembers the second, since times come nearly in order. */
export class TimestampWriter {
  #second = Number.NaN;
  readonly #text = new Uint8Array(20);

  write(target: Uint8Array, at: number, ms: number): number {
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      const text = new Date(second * 1000).toISOString().replace('T', ' ');
      for (let i = 0; i < this.#text.length; i++) this.#text[i] = text.charCodeAt(i);
      this.#second = second;
    }
    const end = writeBytes(target, at, this.#text);
    const fraction = ms - second * 1000;
    const hundreds = (fraction / 100) | 0;
    const tens = ((fraction - hundreds * 100) / 10) | 0;
    target[end] = zero + hundreds;
    target[end + 1] = zero + tens;
    target[end + 2] = zero + (fraction - hundreds * 100 - tens * 10);
    return end + 3;
  }
}
