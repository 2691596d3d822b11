/** Partition transforms (spec, "Partition Transforms"): their text, the type they yield, and what they make of a value. */

import { decimalBytes, int64Bytes } from '../formats/parquet-bounds.ts';
import { civilFromDays } from '../model/calendar.ts';
import { EngineError } from '../model/errors.ts';
import { formatPrimitive, type PrimitiveType } from './iceberg-type.ts';
import { murmur3 } from './murmur3.ts';
import { encodeValue, type SingleValue } from './single-value.ts';

export type Transform =
  | Readonly<{ kind: 'identity' | 'year' | 'month' | 'day' | 'hour' | 'void' }>
  | Readonly<{ kind: 'bucket'; count: number }>
  | Readonly<{ kind: 'truncate'; width: number }>;

/** EngineError UNSUPPORTED for a transform that the spec does not list. */
export function parseTransform(text: string): Transform {
  const plain = /^(identity|year|month|day|hour|void)$/.exec(text);
  if (plain !== null) return { kind: plain[1] as 'identity' };
  const sized = /^(bucket|truncate)\[\s*(\d+)\s*\]$/.exec(text);
  const size = Number(sized?.[2]);
  if (sized === null || size < 1)
    throw new EngineError('UNSUPPORTED', `partition transform '${text}': Millrace does not know it`);
  return sized[1] === 'bucket' ? { kind: 'bucket', count: size } : { kind: 'truncate', width: size };
}

export function formatTransform(transform: Transform): string {
  if (transform.kind === 'bucket') return `bucket[${transform.count}]`;
  return transform.kind === 'truncate' ? `truncate[${transform.width}]` : transform.kind;
}

const dateKinds: readonly string[] = ['date', 'timestamp', 'timestamptz'];
const sources: Readonly<Record<Transform['kind'], readonly string[] | null>> = {
  identity: null,
  void: null,
  year: dateKinds,
  month: dateKinds,
  day: dateKinds,
  hour: ['timestamp', 'timestamptz'],
  truncate: ['int', 'long', 'decimal', 'string', 'binary'],
  bucket: ['int', 'long', 'decimal', 'date', 'time', 'timestamp', 'timestamptz', 'string', 'uuid', 'fixed', 'binary'],
};

/** EngineError SQL_VALIDATION where the transform does not take the type. */
export function resultType(transform: Transform, source: PrimitiveType, where: string): PrimitiveType {
  const allowed = sources[transform.kind];
  if (allowed !== null && !allowed.includes(source.kind)) {
    const got = `${formatTransform(transform)} of ${formatPrimitive(source)}`;
    throw new EngineError('SQL_VALIDATION', `${where}: expected a column of type ${allowed.join(', ')}, got ${got}`);
  }
  switch (transform.kind) {
    case 'year':
    case 'month':
    case 'hour':
    case 'bucket':
      return { kind: 'int' };
    case 'day':
      return { kind: 'date' };
    default:
      return source;
  }
}

/** The partition value of a column's value. null stays null. */
export function applyTransform(
  transform: Transform,
  type: PrimitiveType,
  value: SingleValue | null,
): SingleValue | null {
  if (value === null || transform.kind === 'void') return null;
  switch (transform.kind) {
    case 'identity':
      return value;
    case 'bucket':
      return (hashValue(type, value) & 0x7fffffff) % transform.count;
    case 'truncate':
      return truncate(type, value, transform.width);
    default:
      return timePart(transform.kind, type, value);
  }
}

/** Integers hash as 64 bits, decimals as their shortest bytes (spec, Appendix B). int32. */
export function hashValue(type: PrimitiveType, value: SingleValue): number {
  if (type.kind === 'int' || type.kind === 'date') return murmur3(int64Bytes(BigInt(value as number)));
  if (type.kind === 'decimal') return murmur3(decimalBytes(value as bigint));
  return murmur3(encodeValue(type, value));
}

/** Down to a multiple of the width. Below the least multiple of its type an integer wraps around, as in Java's Truncate. */
function truncate(type: PrimitiveType, value: SingleValue, width: number): SingleValue {
  if (typeof value === 'number') return (value - (((value % width) + width) % width)) | 0;
  if (typeof value === 'bigint') {
    const step = BigInt(width);
    const down = value - (((value % step) + step) % step);
    return type.kind === 'long' ? BigInt.asIntN(64, down) : down;
  }
  return typeof value === 'string' ? truncateText(value, width) : (value as Uint8Array).subarray(0, width);
}

function truncateText(text: string, width: number): string {
  if (text.length <= width) return text;
  let end = 0;
  for (let points = 0; points < width && end < text.length; points++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

const microsPerDay = 86_400_000_000n;
const microsPerHour = 3_600_000_000n;

function timePart(kind: 'year' | 'month' | 'day' | 'hour', type: PrimitiveType, value: SingleValue): number {
  if (kind === 'hour') return Number(floorDivide(value as bigint, microsPerHour));
  const days = type.kind === 'date' ? (value as number) : Number(floorDivide(value as bigint, microsPerDay));
  if (kind === 'day') return days;
  const { year, month } = civilFromDays(days);
  return kind === 'year' ? year - 1970 : (year - 1970) * 12 + month - 1;
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value < 0n && quotient * divisor !== value ? quotient - 1n : quotient;
}
