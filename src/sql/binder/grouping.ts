/** GROUP BY's items as keys and grouping sets: GROUPING SETS, ROLLUP and CUBE multiplied out, as in Calcite. */
import type { Position } from '../../model/errors.ts';
import { type CaseBranch, columnRef, columnsOf, type Expression, literal } from '../../model/expression.ts';
import { type DataType, types } from '../../model/types.ts';
import type { GroupItem, SqlExpression } from '../ast.ts';
import { sqlError } from '../excerpt.ts';
import { textOf } from './expression-text.ts';

/** Each key once; a set is a list of the keys' numbers. Without grouping sets there is one set, with all keys. */
export type Grouping = Readonly<{ keys: readonly Expression[]; sets: readonly (readonly number[])[] }>;

/** null: the item is no key (a window). */
type BindKey = (expression: SqlExpression) => Expression | null;

const mostSets = 4096; // CUBE of 12 columns

export function bindGrouping(items: readonly GroupItem[], position: Position, bindKey: BindKey): Grouping {
  const keys: Expression[] = [];
  const places = new Map<string, number>();
  const place = (key: Expression): number => {
    const text = textOf(key);
    const known = places.get(text);
    if (known !== undefined) return known;
    places.set(text, keys.length);
    return keys.push(key) - 1;
  };
  const bind = (expressions: readonly SqlExpression[]): number[] =>
    expressions.flatMap((expression) => {
      const key = bindKey(expression);
      return key === null ? [] : [place(key)];
    });
  let sets: number[][] = [[]];
  for (const item of items) {
    const more = setsOf(item, bind);
    if (sets.length * more.length > mostSets) {
      throw sqlError('SQL_VALIDATION', `GROUP BY: expected at most ${mostSets} grouping sets`, position);
    }
    sets = sets.flatMap((set) => more.map((other) => [...new Set([...set, ...other])].sort((a, b) => a - b)));
  }
  return { keys, sets: sets.sort(largerFirst) };
}

function setsOf(item: GroupItem, bind: (expressions: readonly SqlExpression[]) => number[]): number[][] {
  switch (item.kind) {
    case 'expression':
      return [bind([item.expression])];
    case 'set':
      return [bind(item.expressions)];
    case 'grouping_sets':
      return item.items.flatMap((each) => setsOf(each, bind));
    case 'rollup': {
      const parts = item.items.flatMap((each) => setsOf(each, bind));
      return [...parts, []].map((_, gone) => parts.slice(0, parts.length - gone).flat());
    }
    case 'cube': {
      const parts = item.items.flatMap((each) => setsOf(each, bind));
      if (2 ** parts.length > mostSets) {
        throw sqlError('SQL_VALIDATION', `CUBE: expected at most ${mostSets} grouping sets`, item.position);
      }
      return Array.from({ length: 2 ** parts.length }, (_, chosen) =>
        parts.filter((__, part) => (chosen & (1 << part)) !== 0).flat(),
      );
    }
  }
}

/** The order in which Calcite has grouping sets: one that contains another comes before it, others go by their keys as bits. */
function largerFirst(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length || a.some((key) => !b.includes(key))) {
    if (b.every((key) => a.includes(key))) return -1;
    if (a.every((key) => b.includes(key))) return 1;
  }
  return bits(a) - bits(b);
}

function bits(set: readonly number[]): number {
  return set.reduce((sum, key) => sum + 2 ** key, 0);
}

/** Columns in keys that some set leaves out: they may be NULL in the result. */
export function rolledUpColumns({ keys, sets }: Grouping): ReadonlySet<number> {
  const rolledUp = keys.filter((_, key) => !isInAll(sets, key));
  return new Set(rolledUp.flatMap((key) => [...columnsOf(key)]));
}

export function isInAll(sets: readonly (readonly number[])[], key: number): boolean {
  return sets.every((set) => set.includes(key));
}

/**
 * A number for each set: GROUPING_ID over all keys (a bit is 1 where the set leaves the key out, the first key has the highest), and above
 * it GROUP_ID, which counts sets that come again.
 */
export function groupingIds({ keys, sets }: Grouping): number[] {
  const seen = new Map<number, number>();
  return sets.map((set) => {
    const id = keys.reduce((sum, _, key) => sum * 2 + (set.includes(key) ? 0 : 1), 0);
    const before = seen.get(id) ?? 0;
    seen.set(id, before + 1);
    return before * 2 ** keys.length + id;
  });
}

/** GROUPING(a), GROUPING_ID(a, b, …) (`chosen`: the keys' numbers) of each set. */
export function groupingValues({ sets }: Grouping, chosen: readonly number[]): number[] {
  return sets.map((set) => chosen.reduce((sum, key) => sum * 2 + (set.includes(key) ? 0 : 1), 0));
}

/** GROUP_ID() of each set. */
export function groupIdValues(grouping: Grouping): number[] {
  return groupingIds(grouping).map((id) => Math.floor(id / 2 ** grouping.keys.length));
}

/** What GROUPING and its kin give. */
export const groupingType: DataType = types.of('bigint', false);

/** A value for each set as an expression over the column with the sets' ids; a constant where there is one set, which has no such column. */
export function valueOfSet(values: readonly number[], ids: readonly number[], idColumn: number | null): Expression {
  const constant = (value: number): Expression => literal(value, groupingType);
  const last = constant(values.at(-1)!);
  if (idColumn === null || values.every((value) => value === values[0])) return last;
  const id = columnRef(idColumn, groupingType);
  const branches = values.slice(0, -1).map((value, i): CaseBranch => {
    const when: Expression = {
      kind: 'call',
      name: '=',
      args: [id, constant(ids[i]!)],
      type: types.of('boolean', false),
    };
    return { when, result: constant(value) };
  });
  return { kind: 'case', branches, otherwise: last, type: groupingType };
}
