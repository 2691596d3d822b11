/**
 * Key groups (Flink's KeyGroupRangeAssignment): a key belongs to one of `maxParallelism` groups by its hash, a group to one subtask, so
 * that state can be dealt out anew at another parallelism.
 */
import type { Column } from '../model/column.ts';
import { unreachable } from '../model/errors.ts';
import { combine, hashBigint, hashBytes, hashDouble, hashInt32, hashInteger, hashNull } from '../model/hash.ts';

export function keyGroupOf(hash: number, maxParallelism: number): number {
  return (hash >>> 0) % maxParallelism;
}

/** The subtask that owns a key group. */
export function subtaskOf(keyGroup: number, parallelism: number, maxParallelism: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism);
}

/** The hash of each row's key, into `target`. An empty key hashes to 0. */
export function hashKeys(keys: readonly Column[], length: number, target: Int32Array): Int32Array {
  target.fill(0, 0, length);
  for (const column of keys) hashColumn(column, length, target);
  return target;
}

function hashColumn(column: Column, length: number, target: Int32Array): void {
  const nulls = column.nulls;
  const hash = hasherOf(column);
  for (let i = 0; i < length; i++) {
    target[i] = combine(target[i]!, nulls !== null && nulls[i] === 1 ? hashNull : hash(i));
  }
}

function hasherOf(column: Column): (row: number) => number {
  switch (column.layout) {
    case 'bool':
    case 'i32':
      return (row) => hashInt32(column.values[row]!);
    case 'f64':
      return (row) => hashDouble(column.values[row]!);
    case 'int':
      return column.wide ? (row) => hashBigint(column.values[row]!) : (row) => hashInteger(column.values[row]!);
    case 'string':
      if (column.encoding === 'codes') return (row) => column.pool.hash(column.values[row]!);
      return (row) => hashBytes(column.bytes, column.starts[row]!, column.ends[row]!);
    case 'object':
      return (row) => hashObject(column.values[row]);
    default:
      return unreachable(column);
  }
}

/** Nested values, by structure; a MAP's entries in any order. */
function hashObject(value: unknown): number {
  if (value === null || value === undefined) return hashNull;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? hashInteger(value) : hashDouble(value);
  if (typeof value === 'bigint') return hashBigint(value);
  if (typeof value === 'boolean') return hashInt32(value ? 1 : 0);
  if (typeof value === 'string') return hashText(value);
  if (value instanceof Uint8Array) return hashBytes(value, 0, value.length);
  if (Array.isArray(value)) return value.reduce<number>((hash, item) => combine(hash, hashObject(item)), 1);
  let sum = 2;
  for (const [key, item] of value as Map<unknown, unknown>)
    sum = (sum + combine(hashObject(key), hashObject(item))) | 0;
  return sum;
}

const encoder = new TextEncoder();

function hashText(text: string): number {
  const bytes = encoder.encode(text);
  return hashBytes(bytes, 0, bytes.length);
}
