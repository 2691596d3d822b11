/** The way past a JSON value that nobody wants: checked like any other, but nothing is made of it. */
import { isUtf8 } from './utf8.ts';

/**
 * The position behind the value at `start`, or −1 where it is faulty or needs a closer look. `depth`: of nesting that may still come. The
 * caller then reads it with `JsonReader`, which knows what is wrong.
 */
export function skipJson(bytes: Uint8Array, start: number, end: number, depth: number): number {
  if (start >= end) return -1;
  switch (bytes[start]) {
    case 123:
      return depth > 0 ? skipObject(bytes, start + 1, end, depth - 1) : -1;
    case 91:
      return depth > 0 ? skipArray(bytes, start + 1, end, depth - 1) : -1;
    case 34:
      return skipString(bytes, start + 1, end);
    case 116:
      return skipWord(bytes, start, end, trueBytes);
    case 102:
      return skipWord(bytes, start, end, falseBytes);
    case 110:
      return skipWord(bytes, start, end, nullBytes);
    default:
      return skipNumber(bytes, start, end);
  }
}

const encoder = new TextEncoder();
const trueBytes = encoder.encode('true');
const falseBytes = encoder.encode('false');
const nullBytes = encoder.encode('null');

function skipWord(bytes: Uint8Array, start: number, end: number, word: Uint8Array): number {
  if (start + word.length > end) return -1;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return -1;
  return start + word.length;
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && (bytes[p] === 32 || bytes[p] === 10 || bytes[p] === 13 || bytes[p] === 9)) p++;
  return p;
}

function skipObject(bytes: Uint8Array, start: number, end: number, depth: number): number {
  let p = skipBlanks(bytes, start, end);
  if (p < end && bytes[p] === 125) return p + 1;
  for (;;) {
    if (p >= end || bytes[p] !== 34) return -1;
    p = skipString(bytes, p + 1, end);
    if (p < 0) return -1;
    p = skipBlanks(bytes, p, end);
    if (p >= end || bytes[p] !== 58) return -1;
    p = skipJson(bytes, skipBlanks(bytes, p + 1, end), end, depth);
    if (p < 0) return -1;
    p = skipBlanks(bytes, p, end);
    if (p >= end) return -1;
    if (bytes[p] === 125) return p + 1;
    if (bytes[p] !== 44) return -1;
    p = skipBlanks(bytes, p + 1, end);
  }
}

function skipArray(bytes: Uint8Array, start: number, end: number, depth: number): number {
  let p = skipBlanks(bytes, start, end);
  if (p < end && bytes[p] === 93) return p + 1;
  for (;;) {
    p = skipJson(bytes, p, end, depth);
    if (p < 0) return -1;
    p = skipBlanks(bytes, p, end);
    if (p >= end) return -1;
    if (bytes[p] === 93) return p + 1;
    if (bytes[p] !== 44) return -1;
    p = skipBlanks(bytes, p + 1, end);
  }
}

/** Escapes of four hexadecimal digits, or of one of eight characters. */
function skipString(bytes: Uint8Array, start: number, end: number): number {
  let all = 0;
  for (let p = start; p < end; p++) {
    const byte = bytes[p]!;
    if (byte === 34) return all < 128 || isUtf8(bytes, start, p) ? p + 1 : -1;
    all |= byte;
    if (byte !== 92) continue;
    p++;
    if (p >= end || !isEscape(bytes, p, end)) return -1;
    if (bytes[p] === 117) p += 4;
  }
  return -1;
}

function isEscape(bytes: Uint8Array, at: number, end: number): boolean {
  switch (bytes[at]) {
    case 34:
    case 47:
    case 92:
    case 98:
    case 102:
    case 110:
    case 114:
    case 116:
      return true;
    case 117:
      if (at + 4 >= end) return false;
      for (let i = 1; i <= 4; i++) if (!isHexDigit(bytes[at + i]!)) return false;
      return true;
    default:
      return false;
  }
}

function isHexDigit(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102);
}

const longest = 500; // a longer number is looked at more closely

function skipNumber(bytes: Uint8Array, start: number, end: number): number {
  let p = bytes[start] === 45 ? start + 1 : start;
  const whole = skipDigits(bytes, p, end);
  if (whole === p || (bytes[p] === 48 && whole > p + 1)) return -1;
  p = whole;
  if (p < end && bytes[p] === 46) {
    const fraction = skipDigits(bytes, p + 1, end);
    if (fraction === p + 1) return -1;
    p = fraction;
  }
  if (p < end && (bytes[p] === 101 || bytes[p] === 69)) {
    p++;
    if (p < end && (bytes[p] === 43 || bytes[p] === 45)) p++;
    const exponent = skipDigits(bytes, p, end);
    if (exponent === p) return -1;
    p = exponent;
  }
  return p - start > longest ? -1 : p;
}

function skipDigits(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && bytes[p]! >= 48 && bytes[p]! <= 57) p++;
  return p;
}
