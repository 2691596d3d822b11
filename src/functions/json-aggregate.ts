/**
 * JSON_OBJECTAGG and JSON_ARRAYAGG, under the names that say what NULL does. Values come as JSON texts: the binder puts JSON_STRING around what
 * is none yet.
 */
import type { AggregateFunction, AggregateImplementation, Argument, Signature } from '../model/function.ts';
import { isCharacter, types } from '../model/types.ts';
import { evaluationError } from './failure.ts';
import { quoteJson } from './json-document.ts';
import { checkCount, mismatch } from './signature.ts';
import { valueList } from './value-list.ts';

type OnNull = 'NULL' | 'ABSENT';

const objectUsage = 'JSON_OBJECTAGG([KEY] string VALUE value [{ NULL | ABSENT } ON NULL])';
const arrayUsage = 'JSON_ARRAYAGG(value [{ NULL | ABSENT } ON NULL])';
const result = { kind: 'varchar', length: 2000, nullable: false } as const; // Calcite's type of JSON

function inferObject(args: readonly Argument[]): Signature {
  checkCount(objectUsage, args, 2);
  if (!args.every(({ type }) => isCharacter(type))) throw mismatch(objectUsage, args);
  return { args: args.map(({ type }) => type), result };
}

function inferArray(args: readonly Argument[]): Signature {
  checkCount(arrayUsage, args, 1);
  return { args: args.map(({ type }) => type), result };
}

/** Members in the order of their keys, as Flink writes them; a key must not come twice. */
function implementObject(onNull: OnNull): AggregateImplementation {
  const condition = (value: string): string => (onNull === 'NULL' ? '' : `if (${value} !== null) `);
  return {
    cells: [{ name: 'members', type: types.map(types.string(false), types.string()), initial: null }],
    add: ([members], [key, value]) =>
      `${members} ??= new Map(); checkNewKey(${members}, ${key}); ${condition(value!)}${members}.set(${key}, ${value});`,
    retract: ([members], [key, value]) =>
      `if (${members} !== null && ${members}.get(${key}) === ${value}) ${members}.delete(${key});`,
    merge: ([members], [others]) => `${members} = mergeMembers(${members}, ${others});`,
    result: ([members]) => `jsonOfMembers(${members})`,
    helpers: { checkNewKey, mergeMembers, jsonOfMembers },
  };
}

type Members = Map<string, string | null>;

function checkNewKey(members: Members, key: string | null): void {
  if (key === null) throw evaluationError('JSON_OBJECTAGG: expected a key, got NULL');
  if (members.has(key)) throw evaluationError(`JSON_OBJECTAGG: the key '${key}' is there already`);
}

function mergeMembers(members: Members | null, others: Members | null): Members | null {
  if (members === null || others === null) return others === null ? members : new Map(others);
  for (const [key, value] of others) {
    checkNewKey(members, key);
    members.set(key, value);
  }
  return members;
}

function jsonOfMembers(members: Members | null): string {
  const sorted = [...(members ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, value]) => `${quoteJson(key)}:${value ?? 'null'}`).join(',')}}`;
}

function implementArray(onNull: OnNull): AggregateImplementation {
  const list = valueList(types.string());
  const unlessAbsent = (value: string, statement: string): string =>
    onNull === 'NULL' ? statement : `if (${value} !== null) { ${statement} }`;
  return {
    ...list,
    add: (cells, [value]) => unlessAbsent(value!, list.add(cells, [value!])),
    retract: (cells, [value]) => unlessAbsent(value!, list.retract!(cells, [value!])),
    result: ([values]) => `jsonOfValues(${values})`,
    helpers: { ...list.helpers, jsonOfValues },
  };
}

function jsonOfValues(values: readonly (string | null)[] | null): string {
  return `[${(values ?? []).map((value) => value ?? 'null').join(',')}]`;
}

function jsonAggregate(form: 'OBJECT' | 'ARRAY', onNull: OnNull): AggregateFunction {
  const isObject = form === 'OBJECT';
  const nulls = onNull === 'NULL' ? 'NULLs as null' : 'without NULLs';
  return {
    kind: 'aggregate',
    name: `JSON_${form}AGG_${onNull}_ON_NULL`,
    category: 'aggregate',
    usage: isObject ? objectUsage : arrayUsage,
    description: isObject ? `The pairs as a JSON object, ${nulls}.` : `The values as a JSON array, ${nulls}.`,
    nulls: 'handled',
    infer: isObject ? inferObject : inferArray,
    implement: () => (isObject ? implementObject(onNull) : implementArray(onNull)),
  };
}

export const jsonAggregates: readonly AggregateFunction[] = [
  jsonAggregate('OBJECT', 'NULL'),
  jsonAggregate('OBJECT', 'ABSENT'),
  jsonAggregate('ARRAY', 'NULL'),
  jsonAggregate('ARRAY', 'ABSENT'),
];
