/** MAP_KEYS … STR_TO_MAP, SPLIT: functions of maps, and texts taken apart. */
import type { Argument, ScalarFunction, Signature, SqlValue } from '../model/function.ts';
import { type DataType, types, withNullable } from '../model/types.ts';
import { commonType } from './common-type.ts';
import { evaluationError } from './failure.ts';
import { regexpCache, splitByRegexp } from './java-regexp.ts';
import { anyNullable, checkCount, fixed, mismatch, scalar } from './signature.ts';
import { equalObjects } from './text-order.ts';

type SqlMap = ReadonlyMap<SqlValue, SqlValue>;
type MapType = Extract<DataType, { kind: 'map' }>;

/** By value: an object as a key is not the key that equals it, to a Map. */
export function mapEntry(map: SqlMap, key: SqlValue): SqlValue | undefined {
  if (typeof key !== 'object' || key === null) return map.get(key);
  for (const [known, value] of map) if (equalObjects(known, key)) return value;
  return undefined;
}

/** The last value of a key counts. */
export function mapOfEntries(entries: Iterable<readonly [SqlValue, SqlValue]>): Map<SqlValue, SqlValue> {
  const map = new Map<SqlValue, SqlValue>();
  for (const [key, value] of entries) {
    const known =
      typeof key === 'object' && key !== null ? [...map.keys()].find((each) => equalObjects(each, key)) : key;
    map.set(known ?? key, value);
  }
  return map;
}

function ofMap(
  usage: string,
  description: string,
  result: (map: MapType) => DataType,
  call: (map: SqlMap) => SqlValue,
): ScalarFunction {
  const infer = (args: readonly Argument[]): Signature => {
    checkCount(usage, args, 1);
    const { type } = args[0]!;
    if (type.kind !== 'map') throw mismatch(usage, args);
    return { args: [type], result: withNullable(result(type), type.nullable) };
  };
  const name = usage.slice(0, usage.indexOf('('));
  const implement = () => ({ kind: 'call', call }) as const;
  return scalar({ name, category: 'collection', usage, description, integers: 'any', infer, implement });
}

const fromArraysUsage = 'MAP_FROM_ARRAYS(keys, values)';

function inferFromArrays(args: readonly Argument[]): Signature {
  checkCount(fromArraysUsage, args, 2);
  const [keys, values] = args.map(({ type }) => type) as [DataType, DataType];
  if (keys.kind !== 'array' || values.kind !== 'array') throw mismatch(fromArraysUsage, args);
  return { args: [keys, values], result: types.map(keys.element, values.element, anyNullable(args)) };
}

function fromArrays(keys: readonly SqlValue[], values: readonly SqlValue[]): SqlValue {
  if (keys.length === values.length) return mapOfEntries(keys.map((key, i) => [key, values[i] ?? null]));
  throw evaluationError(`MAP_FROM_ARRAYS: expected as many keys as values, got ${keys.length} and ${values.length}`);
}

const unionUsage = 'MAP_UNION(map, …)';
const most = 254; // arguments of a Java method, Flink's limit

function inferUnion(args: readonly Argument[]): Signature {
  checkCount(unionUsage, args, 1, most);
  const type = commonType(args.map((arg) => arg.type));
  if (type?.kind !== 'map') throw mismatch(`${unionUsage} of one type`, args);
  return {
    args: args.map((arg) => withNullable(type, arg.type.nullable)),
    result: withNullable(type, anyNullable(args)),
  };
}

const toMapUsage = 'STR_TO_MAP(string [, pair delimiter [, key-value delimiter]])';

/** Both delimiters are regular expressions. A pair without a value has NULL. */
function toMap(text: string, pairs: RegExp, between: RegExp): SqlValue {
  if (text === '') return new Map();
  const entries = splitByRegexp(text, pairs).map((pair): [string, string | null] => {
    const [key, value] = splitByRegexp(pair, between, 2);
    return value === undefined ? [pair, null] : [key!, value];
  });
  return new Map(entries);
}

/** An empty delimiter is between any two characters. */
function split(text: string, delimiter: string): SqlValue {
  if (delimiter === '') return [...text];
  return text === '' ? [] : text.split(delimiter);
}

export const mapFunctions: readonly ScalarFunction[] = [
  ofMap(
    'MAP_KEYS(map)',
    'The keys, as an array.',
    ({ key }) => types.array(key),
    (map) => [...map.keys()],
  ),
  ofMap(
    'MAP_VALUES(map)',
    'The values, as an array.',
    ({ value }) => types.array(value),
    (map) => [...map.values()],
  ),
  ofMap(
    'MAP_ENTRIES(map)',
    'The entries, as an array of rows of key and value.',
    ({ key, value }) =>
      types.array(
        types.row(
          [
            { name: 'key', type: key },
            { name: 'value', type: value },
          ],
          false,
        ),
      ),
    (map) => [...map],
  ),
  scalar({
    name: 'MAP_FROM_ARRAYS',
    category: 'collection',
    usage: fromArraysUsage,
    description: 'A map of keys to values, each from an array.',
    integers: 'any',
    infer: inferFromArrays,
    implement: () => ({ kind: 'call', call: fromArrays }),
  }),
  scalar({
    name: 'MAP_UNION',
    category: 'collection',
    usage: unionUsage,
    description: 'The entries of all maps; of equal keys the last counts.',
    integers: 'any',
    infer: inferUnion,
    implement: () => ({ kind: 'call', call: (...maps: SqlMap[]) => mapOfEntries(maps.flatMap((map) => [...map])) }),
  }),
  scalar({
    name: 'STR_TO_MAP',
    category: 'collection',
    usage: toMapUsage,
    description: "A map of a text like 'k1=v1,k2=v2'. The delimiters are regular expressions.",
    infer: fixed(toMapUsage, ['string', 'string', 'string'], types.map(types.string(), types.string()), {
      required: 1,
    }),
    implement: () => {
      const [pairs, between] = [regexpCache('g', 'fail'), regexpCache('g', 'fail')];
      return {
        kind: 'call',
        call: (text: string, pairDelimiter = ',', valueDelimiter = '=') =>
          toMap(text, pairs(pairDelimiter)!, between(valueDelimiter)!),
      };
    },
  }),
  scalar({
    name: 'SPLIT',
    category: 'collection',
    usage: 'SPLIT(string, delimiter)',
    description: 'The parts between delimiters, as an array.',
    infer: fixed('SPLIT(string, delimiter)', ['string', 'string'], types.array(types.string(false))),
    implement: () => ({ kind: 'call', call: split }),
  }),
];
