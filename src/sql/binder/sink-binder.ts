/** INSERT: the query's columns brought to those of the table. */
import { castKind } from '../../functions/cast.ts';
import { columnRef, type Expression, literal } from '../../model/expression.ts';
import type { PlanNode } from '../../model/plan.ts';
import { sinkRowOf, type TableDefinition } from '../../model/table.ts';
import { type Field, formatType, types, withNullable } from '../../model/types.ts';
import type { Identifier } from '../ast.ts';
import { sqlError } from '../excerpt.ts';
import type { InsertBody } from '../statement.ts';
import { coerce, isImplicit } from './coerce.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { type Relation, select } from './relation.ts';
import { plainField, Scope, suggestion } from './scope.ts';

/**
 * The plan whose row is that of the table's sink. Columns are matched by place, or by the list of INSERT, the others NULL. NOT NULL is not
 * looked at here but for columns that are left out: the sink enforces it row by row, as `table.exec.sink.not-null-enforcer` says.
 */
export function bindSink(insert: InsertBody, table: TableDefinition, query: Relation): PlanNode {
  const row = sinkRowOf(table);
  const fixed = partitionValues(insert, row, table);
  const open = row.filter(({ name }) => !fixed.has(name));
  const targets = insert.columns === null ? open : insert.columns.map((name) => targetOf(name, open, table));
  refuseTwice(insert.columns ?? []);
  if (query.fields.length !== targets.length) throw wrongWidth(insert, targets, query);
  const sources = new Map(targets.map((target, index) => [target.name, index]));
  const projections = row.map((field): Expression => {
    const value = fixed.get(field.name);
    if (value !== undefined) return value;
    const index = sources.get(field.name);
    return index === undefined ? missing(field, insert) : converted(index, field, query, insert);
  });
  const fields = row.map(({ name }, i) => plainField(name, projections[i]!.type));
  return select(query.node, { predicate: null, projections, fields }).node;
}

function refuseTwice(columns: readonly Identifier[]): void {
  const twice = columns.find(({ name }, i) => columns.findIndex((column) => column.name === name) < i);
  if (twice !== undefined)
    throw sqlError('SQL_VALIDATION', `the column '${twice.name}' is named twice`, twice.position);
}

/** PARTITION (column = literal): the values of columns that the query does not have. */
function partitionValues(
  { partition }: InsertBody,
  row: readonly Field[],
  table: TableDefinition,
): ReadonlyMap<string, Expression> {
  const values = new Map<string, Expression>();
  for (const { column, value } of partition) {
    const { name, position } = column;
    const field = table.partitionedBy.includes(name) ? row.find((each) => each.name === name) : undefined;
    if (field === undefined) {
      const hint = suggestion(name, table.partitionedBy);
      throw sqlError(
        'SQL_VALIDATION',
        `PARTITION: '${name}' is no column that the table is partitioned by`,
        position,
        hint,
      );
    }
    if (values.has(name)) throw sqlError('SQL_VALIDATION', `PARTITION: '${name}' is given twice`, position);
    const bound = new ExpressionBinder(new Scope([])).bind(value);
    if (castKind(bound.type, field.type) === 'none') {
      const [from, to] = [bound.type, field.type].map((type) => formatType(withNullable(type, true)));
      throw sqlError(
        'SQL_VALIDATION',
        `PARTITION: the column '${name}' is ${to}, the value is ${from}`,
        value.position,
      );
    }
    values.set(name, coerce(bound, field.type));
  }
  return values;
}

function targetOf({ name, position }: Identifier, row: readonly Field[], table: TableDefinition): Field {
  const found = row.find((field) => field.name === name);
  if (found !== undefined) return found;
  const isComputed = table.columns.some((column) => column.name === name);
  const message = isComputed
    ? `the column '${name}' is computed: nothing can be inserted into it`
    : `unknown column '${name}'`;
  throw sqlError(
    'SQL_VALIDATION',
    message,
    position,
    suggestion(
      name,
      row.map((field) => field.name),
    ),
  );
}

function wrongWidth({ query, target }: InsertBody, targets: readonly Field[], { fields }: Relation): Error {
  const name = target.parts.at(-1)!.name;
  return sqlError(
    'SQL_VALIDATION',
    `INSERT INTO ${name}: expected ${targets.length} columns, got ${fields.length}`,
    query.position,
    `The table takes: ${describe(targets)}. The query gives: ${describe(fields)}.`,
  );
}

function describe(fields: readonly Field[]): string {
  return fields.map(({ name, type }) => `${name} ${formatType(type)}`).join(', ');
}

function missing({ name, type }: Field, { target, columns }: InsertBody): Expression {
  if (type.nullable) return literal(null, type);
  const position = columns?.[0]?.position ?? target.position;
  throw sqlError('SQL_VALIDATION', `the column '${name}' is NOT NULL: it can't be left out`, position);
}

function converted(index: number, target: Field, { fields }: Relation, insert: InsertBody): Expression {
  const { name, type } = fields[index]!;
  const column = columnRef(index, type);
  if (isImplicit(type, target.type)) return coerce(column, target.type);
  const [from, to] = [type, target.type].map((each) => formatType(withNullable(each, true)));
  throw sqlError(
    'SQL_VALIDATION',
    `INSERT INTO ${insert.target.parts.at(-1)!.name}: the column '${target.name}' is ${to}, the query's column '${name}' is ${from}`,
    positionOfItem(insert, index),
    `Write CAST(${name} AS ${to}).`,
  );
}

function positionOfItem({ query }: InsertBody, index: number): InsertBody['query']['position'] {
  if (query.kind !== 'select' || query.items.some(({ kind }) => kind === 'star')) return query.position;
  return query.items[index]?.position ?? query.position;
}

/** A SELECT for a person: columns without a type of their own become strings. */
export function bindCollect({ node, fields }: Relation): PlanNode {
  if (fields.every(({ type }) => type.kind !== 'null')) return node;
  const projections = fields.map(({ type }, index) =>
    type.kind === 'null' ? literal(null, types.string()) : columnRef(index, type),
  );
  const typed = fields.map((field, i) => ({ ...field, type: projections[i]!.type }));
  return select(node, { predicate: null, projections, fields: typed }).node;
}
