/** ARRAY, MAP and ROW values: making them, and what is in them. */
import type { Argument, ScalarFunction, Signature, SqlValue } from '../model/function.ts';
import { type DataType, isInteger, types, withNullable } from '../model/types.ts';
import { commonType } from './common-type.ts';
import { comparableTypes } from './comparison.ts';
import { evaluationError } from './failure.ts';
import { mapEntry, mapOfEntries } from './map-functions.ts';
import { checkCount, mismatch, scalar } from './signature.ts';

/** Inside objects integers are numbers where they are safe. */
function stored(value: SqlValue): SqlValue {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const most = 254; // arguments of a Java method, Flink's limit

function inferArray(args: readonly Argument[]): Signature {
  checkCount('ARRAY[value, …]', args, 1, most);
  const element = commonType(args.map(({ type }) => type));
  if (element === null) throw mismatch('ARRAY[value, …] of one type', args);
  return { args: args.map(({ type }) => withNullable(element, type.nullable)), result: types.array(element, false) };
}

function inferMap(args: readonly Argument[]): Signature {
  checkCount('MAP[key, value, …]', args, 2, most);
  const [keys, values] = [0, 1].map((rest) =>
    commonType(args.filter((_, i) => i % 2 === rest).map(({ type }) => type)),
  );
  if (keys == null || values == null || args.length % 2 === 1)
    throw mismatch('MAP[key, value, …] of one type each', args);
  const taken = args.map(({ type }, i) => withNullable(i % 2 === 0 ? keys : values, type.nullable));
  return { args: taken, result: types.map(keys, values, false) };
}

function mapOf(...parts: readonly SqlValue[]): object {
  const entries: [SqlValue, SqlValue][] = [];
  for (let i = 0; i < parts.length; i += 2) entries.push([stored(parts[i]!), stored(parts[i + 1]!)]);
  return mapOfEntries(entries);
}

function inferRow(args: readonly Argument[]): Signature {
  const fields = args.map(({ type }, i) => ({ name: `EXPR$${i}`, type }));
  return { args: args.map(({ type }) => type), result: types.row(fields, false) };
}

const itemUsage = 'array[index] or map[key]';

function inferItem(args: readonly Argument[]): Signature {
  checkCount(itemUsage, args, 2);
  const [from, key] = args.map(({ type }) => type) as [DataType, DataType];
  if (from.kind === 'array' && isInteger(key)) return { args: [from, key], result: withNullable(from.element, true) };
  const comparable = from.kind === 'map' ? comparableTypes(from.key, key) : null;
  if (from.kind !== 'map' || comparable === null) throw mismatch(itemUsage, args);
  return { args: [from, withNullable(from.key, key.nullable)], result: withNullable(from.value, true) };
}

/** An index counts from 1; beyond the end is NULL. */
function item(from: SqlValue, key: SqlValue): SqlValue {
  if (from instanceof Map) return mapEntry(from as ReadonlyMap<SqlValue, SqlValue>, stored(key)) ?? null;
  const index = Number(key);
  if (index < 1) throw evaluationError(`array: expected an index from 1 on, got ${index}`);
  return (from as readonly SqlValue[])[index - 1] ?? null;
}

function inferCardinality(args: readonly Argument[]): Signature {
  const usage = 'CARDINALITY(array or map)';
  checkCount(usage, args, 1);
  const { type } = args[0]!;
  if (type.kind !== 'array' && type.kind !== 'map' && type.kind !== 'multiset') throw mismatch(usage, args);
  return { args: [type], result: types.of('int', type.nullable) };
}

function cardinality(value: object): number {
  if (Array.isArray(value)) return value.length;
  return (value as ReadonlyMap<unknown, unknown>).size;
}

export const collectionFunctions: readonly ScalarFunction[] = [
  scalar({
    name: 'ARRAY',
    category: 'collection',
    usage: 'ARRAY[value, …]',
    description: 'An array of the values.',
    nulls: 'handled',
    integers: 'any',
    infer: inferArray,
    implement: () => ({ kind: 'call', call: (...values: SqlValue[]) => values.map(stored) }),
  }),
  scalar({
    name: 'MAP',
    category: 'collection',
    usage: 'MAP[key, value, …]',
    description: 'A map of keys to values.',
    nulls: 'handled',
    integers: 'any',
    infer: inferMap,
    implement: () => ({ kind: 'call', call: mapOf }),
  }),
  scalar({
    name: 'ROW',
    category: 'collection',
    usage: 'ROW(value, …)',
    description: 'A row of the values.',
    nulls: 'handled',
    integers: 'any',
    infer: inferRow,
    implement: () => ({ kind: 'call', call: (...values: SqlValue[]) => values.map(stored) }),
  }),
  scalar({
    name: 'ITEM',
    category: 'collection',
    usage: itemUsage,
    description: 'The element at an index from 1, or the value of a key; NULL where there is none.',
    integers: 'any',
    infer: inferItem,
    implement: () => ({ kind: 'call', call: item, mayBeNull: true }),
  }),
  scalar({
    name: 'CARDINALITY',
    category: 'collection',
    usage: 'CARDINALITY(array or map)',
    description: 'How many elements or entries there are.',
    infer: inferCardinality,
    implement: () => ({ kind: 'call', call: cardinality }),
  }),
];
