/** Grouping sets below an aggregation: each row once for each set, with NULL for the keys that the set leaves out. */
import { columnRef, type Expression, literal } from '../../model/expression.ts';
import type { ExpandNode } from '../../model/plan.ts';
import { withNullable } from '../../model/types.ts';
import { groupingType, isInAll } from './grouping.ts';
import type { Relation } from './relation.ts';
import { fieldsOf, plainField, type RelationField } from './scope.ts';

/** Which keys (by their place among them) each set has, and the sets' ids. */
export type GroupingSets = Readonly<{ sets: readonly (readonly number[])[]; ids: readonly number[] }>;

/** The rows to be aggregated, and which of their columns are the keys: the sets' id is the last. */
export type GroupedInput = Readonly<{ relation: Relation; keys: readonly number[] }>;

/** The columns of `relation` stay where they are, for the aggregates; the keys come once more behind them, then the id. */
export function expandSets(relation: Relation, keys: readonly number[], { sets, ids }: GroupingSets): GroupedInput {
  const { fields } = relation;
  const width = fields.length;
  const keyFields = keys.map((column, key): RelationField => {
    const { name, type } = fields[column]!;
    return plainField(name, withNullable(type, type.nullable || !isInAll(sets, key)));
  });
  const columns = fields.map(({ type }, index) => columnRef(index, type));
  const projections = sets.map((set, i): Expression[] => [
    ...columns,
    ...keys.map((column, key) => {
      const { type } = keyFields[key]!;
      return set.includes(key) ? columnRef(column, fields[column]!.type) : literal(null, withNullable(type, true));
    }),
    literal(ids[i]!, groupingType),
  ]);
  const expanded = [...fields, ...keyFields, plainField('$e', groupingType)];
  const node: ExpandNode = { kind: 'expand', input: relation.node, projections, fields: fieldsOf(expanded) };
  const places = Array.from({ length: keys.length + 1 }, (_, i) => width + i);
  return { relation: { node, fields: expanded }, keys: places };
}
