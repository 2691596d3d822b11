/** `FOR SYSTEM_TIME AS OF left.time`: joins with the version of a table, or with what a table that is looked up holds now. */
import { type Expression, remapColumns } from '../../model/expression.ts';
import type { TemporalJoinNode } from '../../model/plan.ts';
import type { FromItem, SqlExpression } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { uniqueKeysOf } from '../planner/changelog.ts';
import { conjunctionOf, conjunctsOf } from './conjuncts.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { splitKeys } from './join-keys.ts';
import { keyed, withoutKeys } from './join-planner.ts';
import { type JoinTree, treeFields } from './join-tree.ts';
import { joinedFields, withoutTime } from './joined-fields.ts';
import { planLookup } from './lookup-binder.ts';
import type { Relation } from './relation.ts';
import { fieldsOf, type RelationField, Scope } from './scope.ts';

export type TemporalItem = Readonly<{
  right: Extract<FromItem, { kind: 'table' }>;
  relation: Relation;
  left: JoinTree;
  join: 'inner' | 'left';
  on: SqlExpression | null;
  systemTime: SqlExpression;
}>;

export function bindTemporal(item: TemporalItem): JoinTree {
  const { left, join, relation, on, systemTime } = item;
  const leftFields = treeFields(left);
  const time = timeColumn(systemTime, leftFields);
  const fields = joinedFields(join, leftFields, relation.fields.map(withoutTime));
  const condition = on === null ? null : new ExpressionBinder(new Scope(fields)).condition(on, 'ON');
  const conjuncts = conjunctsOf(condition);
  const plan = leftFields[time]!.rowtime
    ? (input: Relation) => planVersions(item, input, time, conjuncts)
    : (input: Relation) => planLookup({ ...item, input, conjuncts });
  return { kind: 'dependent', left, fields, plan };
}

function timeColumn(systemTime: SqlExpression, fields: readonly RelationField[]): number {
  const bound = new ExpressionBinder(new Scope(fields)).bind(systemTime);
  const field = bound.kind === 'column' ? fields[bound.index]! : null;
  if (bound.kind === 'column' && (field!.rowtime || field!.proctime)) return bound.index;
  throw sqlError(
    'SQL_VALIDATION',
    "FOR SYSTEM_TIME AS OF: expected a time attribute of the join's left side",
    systemTime.position,
    'A time attribute is the column of a WATERMARK, or one that is PROCTIME().',
  );
}

function planVersions(
  { right, relation, join, on }: TemporalItem,
  input: Relation,
  leftTime: number,
  conjuncts: readonly Expression[],
): Relation {
  const rightTime = relation.fields.findIndex(({ rowtime }) => rowtime);
  const unique = uniqueKeysOf(relation.node).filter((key) => key.length > 0);
  const what = `the temporal join with '${right.name.parts.at(-1)!.name}'`;
  if (unique.length === 0 || rightTime < 0) throw notVersioned(what, unique.length === 0, right);
  const width = input.fields.length;
  const { keys, rest } = splitKeys(conjuncts, width);
  const keyColumns = keys.flatMap((pair) => (pair.right.kind === 'column' ? [pair.right.index] : []));
  if (!unique.some((key) => key.every((column) => keyColumns.includes(column)))) {
    const names = unique[0]!.map((column) => relation.fields[column]!.name).join(', ');
    const message = `${what}: its condition has to equal every column of the primary key (${names})`;
    throw sqlError('SQL_VALIDATION', message, on?.position ?? right.position);
  }
  const left = keyed(
    input,
    keys.map((pair) => pair.left),
  );
  const versions = keyed(
    relation,
    keys.map((pair) => pair.right),
  );
  const shift = left.fields.length - width;
  const node: TemporalJoinNode = {
    kind: 'temporal_join',
    join,
    left: left.node,
    right: versions.node,
    leftKeys: left.places,
    rightKeys: versions.places,
    nullSafe: keys.map(({ nullSafe }) => nullSafe),
    condition: conjunctionOf(rest.map((each) => remapColumns(each, (c) => (c < width ? c : c + shift)))),
    leftTime,
    rightTime,
    fields: fieldsOf(joinedFields(join, left.fields, versions.fields)),
  };
  return withoutKeys(node, width, joinedFields(join, input.fields, relation.fields.map(withoutTime)));
}

function notVersioned(what: string, lacksKey: boolean, { position }: TemporalItem['right']): Error {
  const lack = lacksKey ? 'no primary key can be found' : 'no row time attribute can be found';
  return sqlError(
    'SQL_VALIDATION',
    `${what} needs a primary key and a row time in the versioned table: ${lack}`,
    position,
    'Declare PRIMARY KEY and WATERMARK FOR on it, or make a view that keeps the last row of each key by its row time.',
  );
}

/** Refuses what stands in FROM with a time but is no right side of a join. */
export function refuseSystemTime({ systemTime, position }: Extract<FromItem, { kind: 'table' }>): void {
  if (systemTime === null) return;
  throw unsupported('FOR SYSTEM_TIME AS OF outside of a join', position, 'It stands at the right side of a JOIN.');
}
