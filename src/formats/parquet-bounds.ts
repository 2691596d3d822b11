/**
 * Lower and upper bounds of a column in Iceberg's single-value binary form (spec, Appendix D): integers little-endian, decimals the
 * shortest big-endian two's complement, strings UTF-8. NaN is never a bound; −0.0 stands below +0.0.
 */
import type { MetricsMode, ParquetColumn } from './parquet-column.ts';

export type Bounds = Readonly<{ lower: Uint8Array | null; upper: Uint8Array | null }>;

const none: Bounds = { lower: null, upper: null };

export function boundsOf(column: ParquetColumn, rowCount: number): Bounds {
  switch (column.type.kind) {
    case 'boolean':
    case 'int':
    case 'date':
    case 'float':
    case 'double':
      return numberBounds(column, rowCount);
    case 'decimal':
      return decimalBounds(column, rowCount);
    case 'string':
    case 'binary':
      return bytesBounds(column, rowCount);
    default:
      return longBounds(column, rowCount);
  }
}

function numberBounds(column: ParquetColumn, rowCount: number): Bounds {
  const { nulls } = column;
  const values = column.values as Uint8Array | Int32Array | Float32Array | Float64Array;
  let [min, max] = [Infinity, -Infinity];
  let found = false;
  for (let i = 0; i < rowCount; i++) {
    const value = values[i]!;
    if ((nulls !== null && nulls[i] === 1) || Number.isNaN(value)) continue;
    found = true;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (!found) return none;
  const write = numberWriters[column.type.kind]!;
  const floating = column.type.kind === 'float' || column.type.kind === 'double';
  return { lower: write(floating && min === 0 ? -0 : min), upper: write(floating && max === 0 ? 0 : max) };
}

const numberWriters: Readonly<Record<string, (value: number) => Uint8Array>> = {
  boolean: (value) => Uint8Array.of(value),
  int: int32Bytes,
  date: int32Bytes,
  float: float32Bytes,
  double: float64Bytes,
};

function longBounds(column: ParquetColumn, rowCount: number): Bounds {
  const { nulls } = column;
  const values = column.values as BigInt64Array;
  let min: bigint | null = null;
  let max = 0n;
  for (let i = 0; i < rowCount; i++) {
    if (nulls !== null && nulls[i] === 1) continue;
    const value = values[i]!;
    if (min === null) {
      min = value;
      max = value;
    } else if (value < min) min = value;
    else if (value > max) max = value;
  }
  return min === null ? none : { lower: int64Bytes(min), upper: int64Bytes(max) };
}

function decimalBounds(column: ParquetColumn, rowCount: number): Bounds {
  const { nulls } = column;
  const halves = column.values as BigInt64Array;
  let min: bigint | null = null;
  let max = 0n;
  for (let i = 0; i < rowCount; i++) {
    if (nulls !== null && nulls[i] === 1) continue;
    const value = (halves[2 * i + 1]! << 64n) | BigInt.asUintN(64, halves[2 * i]!);
    if (min === null) {
      min = value;
      max = value;
    } else if (value < min) min = value;
    else if (value > max) max = value;
  }
  return min === null ? none : { lower: decimalBytes(min), upper: decimalBytes(max) };
}

function bytesBounds(column: ParquetColumn, rowCount: number): Bounds {
  const { nulls } = column;
  const bytes = column.values as Uint8Array;
  const offsets = column.offsets!;
  let [min, max] = [-1, -1];
  for (let i = 0; i < rowCount; i++) {
    if (nulls !== null && nulls[i] === 1) continue;
    if (min < 0) {
      min = i;
      max = i;
    } else if (compareRanges(bytes, offsets[i]!, offsets[i + 1]!, offsets[min]!, offsets[min + 1]!) < 0) min = i;
    else if (compareRanges(bytes, offsets[i]!, offsets[i + 1]!, offsets[max]!, offsets[max + 1]!) > 0) max = i;
  }
  if (min < 0) return none;
  const lowest = bytes.subarray(offsets[min], offsets[min + 1]);
  const highest = bytes.subarray(offsets[max], offsets[max + 1]);
  const isText = column.type.kind === 'string';
  return {
    lower: truncateLower(lowest, column.metrics, isText),
    upper: truncateUpper(highest, column.metrics, isText),
  };
}

/** By unsigned bytes, which for UTF-8 is by code points. */
function compareRanges(bytes: Uint8Array, aStart: number, aEnd: number, bStart: number, bEnd: number): number {
  const common = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < common; i++) {
    const difference = bytes[aStart + i]! - bytes[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

function truncateLower(value: Uint8Array, mode: MetricsMode, isText: boolean): Uint8Array {
  return mode.kind === 'truncate' ? value.slice(0, prefixLength(value, mode.length, isText)) : value.slice();
}

/** A cut value lies below the real one, so its last code point or byte that can grow is raised by one; null where none can. */
function truncateUpper(value: Uint8Array, mode: MetricsMode, isText: boolean): Uint8Array | null {
  if (mode.kind !== 'truncate') return value.slice();
  const length = prefixLength(value, mode.length, isText);
  if (length === value.length) return value.slice();
  return isText ? incrementText(value.slice(0, length)) : incrementBytes(value.slice(0, length));
}

function prefixLength(value: Uint8Array, count: number, isText: boolean): number {
  if (!isText) return Math.min(count, value.length);
  let seen = 0;
  for (let i = 0; i < value.length; i++) {
    const startsCodePoint = (value[i]! & 0xc0) !== 0x80;
    if (startsCodePoint && seen++ === count) return i;
  }
  return value.length;
}

function incrementBytes(value: Uint8Array): Uint8Array | null {
  for (let i = value.length - 1; i >= 0; i--) {
    if (value[i] === 0xff) continue;
    const raised = value.slice(0, i + 1);
    raised[i]!++;
    return raised;
  }
  return null;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const lastCodePoint = 0x10ffff;
const [firstSurrogate, afterSurrogates] = [0xd800, 0xe000];

function incrementText(value: Uint8Array): Uint8Array | null {
  const points = Array.from(decoder.decode(value), (character) => character.codePointAt(0)!);
  for (let i = points.length - 1; i >= 0; i--) {
    if (points[i] === lastCodePoint) continue;
    const next = points[i]! + 1;
    const raised = [...points.slice(0, i), next === firstSurrogate ? afterSurrogates : next];
    return new TextEncoder().encode(String.fromCodePoint(...raised));
  }
  return null;
}

export function int32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

export function int64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value, true);
  return bytes;
}

export function float32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

export function float64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

/** The unscaled value in as few bytes as hold it with its sign. */
export function decimalBytes(unscaled: bigint): Uint8Array {
  const magnitude = unscaled < 0n ? ~unscaled : unscaled;
  const bits = magnitude === 0n ? 1 : magnitude.toString(2).length + 1;
  const bytes = new Uint8Array(Math.ceil(bits / 8));
  for (let i = bytes.length - 1, rest = unscaled; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}
