/**
 * Nested values (ARRAY, MAP, ROW) and big integers as JSON text, exactly: what JSON lacks stands as an object with one key that no other
 * value has, since rows are arrays here: `{"n":"…"}` a bigint, `{"b":"hex"}` bytes, `{"m":[[k,v]]}` a map, `{"f":"NaN"}` a double,
 * `{"o":[[k,v]]}` a plain object (accumulators of user functions).
 */
import { EngineError } from '../model/errors.ts';

export function printObjects(values: readonly unknown[]): string {
  return JSON.stringify(values.map(toJson));
}

/** Fails with CHECKPOINT when the text is not one of ours. */
export function parseObjects(text: string): unknown[] {
  try {
    return (JSON.parse(text) as unknown[]).map(fromJson);
  } catch (cause) {
    throw new EngineError('CHECKPOINT', 'nested values of a batch: expected JSON as it was written, found other text', {
      cause,
    });
  }
}

function toJson(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return { n: String(value) };
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : { f: specialName(value) };
  if (value instanceof Uint8Array)
    return { b: Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('') };
  if (value instanceof Map) return { m: Array.from(value, (entry) => entry.map(toJson)) };
  if (Array.isArray(value)) return value.map(toJson);
  return typeof value === 'object' && value !== null ? { o: propertiesOf(value) } : checkPlain(value);
}

function propertiesOf(value: object): unknown[] {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null)
    return Object.entries(value).map((entry) => entry.map(toJson));
  throw notWritable(`a ${value.constructor.name}`);
}

function checkPlain(value: unknown): unknown {
  if (typeof value !== 'function' && typeof value !== 'symbol') return value;
  throw notWritable(`a ${typeof value}`);
}

function notWritable(what: string): EngineError {
  return new EngineError('CHECKPOINT', `${what} can't be written into a checkpoint`, {
    hint: 'Accumulators are made of numbers, bigints, strings, bytes, arrays, Maps and plain objects.',
  });
}

function specialName(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson);
  if (value === null || typeof value !== 'object') return value;
  const { n, b, m, f, o } = value as { n?: string; b?: string; m?: unknown[][]; f?: string; o?: [string, unknown][] };
  if (n !== undefined) return BigInt(n);
  if (f !== undefined) return Number(f);
  if (b !== undefined) return Uint8Array.from(b.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (o !== undefined) return Object.fromEntries(o.map(([key, item]) => [key, fromJson(item)]));
  return new Map(m!.map(([key, item]) => [fromJson(key), fromJson(item)]));
}
