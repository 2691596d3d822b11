/** CAST: which types can become which, and how. */
import { EngineError } from '../model/errors.ts';
import type { Implementation, ImplementContext } from '../model/function.ts';
import { type DataType, formatType, sameType, type TypeKind } from '../model/types.ts';
import { castConstructed } from './cast-constructed.ts';
import { castNumeric } from './cast-numeric.ts';
import { castTemporal } from './cast-temporal.ts';
import { castFromText, castToText } from './cast-text.ts';

/** `integers` as in `ScalarFunction`. NULL becomes NULL: implementations never see one. */
export type CastFunction = Readonly<{
  integers?: 'any' | 'number' | undefined;
  implement: (ctx: ImplementContext) => Implementation;
}>;

/** `implicit`: without loss, done where a function or a sink wants another type. `explicit`: where the query says CAST. */
export type CastKind = 'implicit' | 'explicit' | 'none';

const integers: readonly TypeKind[] = ['tinyint', 'smallint', 'int', 'bigint'];
const exact: readonly TypeKind[] = [...integers, 'decimal'];
const numbers: readonly TypeKind[] = [...exact, 'float', 'double'];
const character: readonly TypeKind[] = ['char', 'varchar'];
const bytes: readonly TypeKind[] = ['binary', 'varbinary'];
const timestamps: readonly TypeKind[] = ['timestamp', 'timestamp_ltz'];
const datetimes: readonly TypeKind[] = ['date', 'time', ...timestamps];
const intervals: readonly TypeKind[] = ['interval_months', 'interval_millis'];
const simple: readonly TypeKind[] = ['boolean', ...numbers, ...character, ...bytes, ...datetimes, ...intervals];
const constructed: readonly TypeKind[] = ['array', 'multiset', 'map', 'row'];

type Rule = Readonly<{ implicit: readonly TypeKind[]; explicit: readonly TypeKind[] }>;

/** By target: LogicalTypeCasts of Flink, with the casts for which it has a CastRule. */
const rules: Readonly<Record<TypeKind, Rule>> = {
  char: { implicit: ['char'], explicit: [...simple, ...constructed] },
  varchar: { implicit: character, explicit: [...simple, ...constructed] },
  boolean: { implicit: ['boolean'], explicit: [...character, ...numbers] },
  binary: { implicit: ['binary'], explicit: [...character, ...bytes] },
  varbinary: { implicit: bytes, explicit: character },
  decimal: { implicit: numbers, explicit: [...character, 'boolean', ...intervals] },
  tinyint: { implicit: ['tinyint'], explicit: [...numbers, ...character, 'boolean', ...intervals] },
  smallint: { implicit: ['tinyint', 'smallint'], explicit: [...numbers, ...character, 'boolean', ...intervals] },
  int: { implicit: ['tinyint', 'smallint', 'int'], explicit: [...numbers, ...character, 'boolean', ...intervals] },
  bigint: { implicit: integers, explicit: [...numbers, ...character, 'boolean', ...intervals] },
  float: { implicit: [...exact, 'float'], explicit: [...numbers, ...character, 'boolean'] },
  double: { implicit: numbers, explicit: [...character, 'boolean'] },
  date: { implicit: ['date', 'timestamp'], explicit: [...timestamps, ...character] },
  time: { implicit: ['time', 'timestamp'], explicit: [...timestamps, ...character] },
  timestamp: { implicit: timestamps, explicit: [...datetimes, ...character] },
  timestamp_ltz: { implicit: timestamps, explicit: [...datetimes, ...character] },
  interval_months: { implicit: ['interval_months'], explicit: integers },
  interval_millis: { implicit: ['interval_millis'], explicit: integers },
  array: { implicit: ['array'], explicit: [] },
  multiset: { implicit: ['multiset'], explicit: [] },
  map: { implicit: ['map'], explicit: [] },
  row: { implicit: ['row'], explicit: [] },
  null: { implicit: ['null'], explicit: [] },
};

const strength: readonly CastKind[] = ['none', 'explicit', 'implicit'];

/** Nullability does not count. Constructed types are cast when all of their parts are. */
export function castKind(from: DataType, to: DataType): CastKind {
  if (from.kind === 'null' || sameType(from, to, { ignoreNullability: true })) return 'implicit';
  const rule = rules[to.kind];
  const own = rule.implicit.includes(from.kind) ? 'implicit' : rule.explicit.includes(from.kind) ? 'explicit' : 'none';
  if (own !== 'implicit' || !constructed.includes(from.kind)) return own;
  const parts = partsOf(from, to);
  return parts === null ? 'none' : weakest(parts.map(([a, b]) => castKind(a, b)));
}

function weakest(kinds: readonly CastKind[]): CastKind {
  return strength[Math.min(...kinds.map((kind) => strength.indexOf(kind)))] ?? 'implicit';
}

/** The parts of two constructed types of one kind, in pairs; null for rows of different width. */
function partsOf(from: DataType, to: DataType): readonly (readonly [DataType, DataType])[] | null {
  if ((from.kind === 'array' || from.kind === 'multiset') && from.kind === to.kind) return [[from.element, to.element]];
  if (from.kind === 'map' && to.kind === 'map')
    return [
      [from.key, to.key],
      [from.value, to.value],
    ];
  if (from.kind !== 'row' || to.kind !== 'row' || from.fields.length !== to.fields.length) return null;
  return from.fields.map((field, i) => [field.type, to.fields[i]!.type] as const);
}

/** How values of one type become another's. Throws EngineError SQL_VALIDATION where they can't. */
export function castFunction(from: DataType, to: DataType): CastFunction {
  if (castKind(from, to) === 'none') {
    throw new EngineError('SQL_VALIDATION', `CAST: ${formatType(from)} can't be cast to ${formatType(to)}`, {
      hint: castHint(from, to),
    });
  }
  if (isIdentityCast(from, to)) return identity;
  if (from.kind === 'null') return { implement: () => ({ kind: 'inline', source: () => 'null', mayBeNull: true }) };
  if (character.includes(from.kind)) return castFromText(from, to);
  if (constructed.includes(to.kind)) return castConstructed(from, to, castFunction);
  if (character.includes(to.kind)) return castToText(from, to, castFunction);
  if (bytes.includes(to.kind)) return castFromText(from, to);
  return datetimes.includes(to.kind) ? castTemporal(from, to) : castNumeric(from, to);
}

/** Whether the values of both types are the same: a cast that changes the type alone. */
export function isIdentityCast(from: DataType, to: DataType): boolean {
  if (sameType(from, to, { ignoreNullability: true })) return true;
  const isText = character.includes(from.kind) && to.kind === 'varchar';
  const isBytes = bytes.includes(from.kind) && to.kind === 'varbinary';
  return (isText || isBytes) && (from as Sized).length <= (to as Sized).length;
}

type Sized = DataType & { length: number };

const identity: CastFunction = {
  integers: 'any',
  implement: () => ({ kind: 'inline', source: ([value]) => value! }),
};

/** As Flink's own advice for casts that it took away. */
function castHint(from: DataType, to: DataType): string | undefined {
  if (numbers.includes(from.kind) && to.kind === 'timestamp') return 'Use TO_TIMESTAMP(FROM_UNIXTIME(number)).';
  if (numbers.includes(from.kind) && to.kind === 'timestamp_ltz') return 'Use TO_TIMESTAMP_LTZ(number, precision).';
  if (timestamps.includes(from.kind) && numbers.includes(to.kind)) return 'Use UNIX_TIMESTAMP(CAST(value AS STRING)).';
  return undefined;
}
