/**
 * Single values: their binary form (spec, Appendix D, "Binary single-value serialization"), which bounds and partition summaries have,
 * and their order.
 *
 * | type | value |
 * |---|---|
 * | boolean | boolean |
 * | int, date, float, double | number |
 * | long, time, timestamps, decimal (unscaled) | bigint |
 * | string | string |
 * | uuid, fixed, binary | Uint8Array |
 */
import { decimalBytes, float32Bytes, float64Bytes, int32Bytes, int64Bytes } from '../formats/parquet-bounds.ts';
import type { PrimitiveType } from './iceberg-type.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // a U+FEFF at the beginning is part of the value

export type SingleValue = boolean | number | bigint | string | Uint8Array;

export function encodeValue(type: PrimitiveType, value: SingleValue): Uint8Array {
  switch (type.kind) {
    case 'boolean':
      return Uint8Array.of(value === true ? 1 : 0);
    case 'int':
    case 'date':
      return int32Bytes(value as number);
    case 'float':
      return float32Bytes(value as number);
    case 'double':
      return float64Bytes(value as number);
    case 'decimal':
      return decimalBytes(value as bigint);
    case 'string':
      return new TextEncoder().encode(value as string);
    case 'uuid':
    case 'fixed':
    case 'binary':
      return value as Uint8Array;
    default:
      return int64Bytes(value as bigint);
  }
}

/** Also reads values written before a promotion: int as long, float as double. */
export function decodeValue(type: PrimitiveType, bytes: Uint8Array): SingleValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type.kind) {
    case 'boolean':
      return bytes[0] !== 0;
    case 'int':
    case 'date':
      return view.getInt32(0, true);
    case 'float':
      return view.getFloat32(0, true);
    case 'double':
      return bytes.length === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
    case 'decimal':
      return decodeDecimal(bytes);
    case 'string':
      return decoder.decode(bytes);
    case 'uuid':
    case 'fixed':
    case 'binary':
      return bytes;
    default:
      return bytes.length === 4 ? BigInt(view.getInt32(0, true)) : view.getBigInt64(0, true);
  }
}

export function decodeDecimal(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, value);
}

/** Below 0, 0 or above 0. Strings by code points; −0.0 below 0.0. Both values are of one type. */
export function compareValues(a: SingleValue, b: SingleValue): number {
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array);
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  if (a < b) return -1;
  if (a > b) return 1;
  return Object.is(a, -0) && Object.is(b, 0) ? -1 : Object.is(a, 0) && Object.is(b, -0) ? 1 : 0;
}
