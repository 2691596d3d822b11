/** CREATE TABLE to a table's definition: columns, their expressions, watermark and keys, checked as Flink checks them. */
import { castKind } from '../../functions/cast.ts';
import type { Position } from '../../model/errors.ts';
import type { Expression } from '../../model/expression.ts';
import { nearest } from '../../model/options.ts';
import type { TableColumn, TableDefinition, TablePath, WatermarkDefinition } from '../../model/table.ts';
import { type DataType, formatType, isTimestamp, withNullable } from '../../model/types.ts';
import type { Identifier, SqlOption } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import type { ColumnDefinition, PrimaryKeyDefinition, StatementBody } from '../statement.ts';
import { bindType } from './data-type.ts';
import { ExpressionBinder } from './expression-binder.ts';
import { isDeterministic } from './relation.ts';
import { plainField, Scope, suggestion } from './scope.ts';
import { type MetadataColumns, sourceRow } from './table-source.ts';

type CreateTable = Extract<StatementBody, { kind: 'create_table' }>;

/** `script` is the text that the statement's positions go to: expressions are kept as written, too. */
export function bindTable(
  node: CreateTable,
  path: TablePath,
  metadataColumns: MetadataColumns,
  script: string,
): TableDefinition {
  const options = optionsOf(node.options);
  refuseDuplicates(node.columns.map(({ name }) => name));
  const primaryKey = primaryKeyOf(node);
  const connector = options.get('connector') ?? '';
  const stored = node.columns.map((column) => storedColumn(column, primaryKey, () => metadataColumns(connector)));
  const row = sourceRow(stored.filter((column) => column !== null)).map(({ name, type }) => plainField(name, type));
  const binder = new ExpressionBinder(new Scope(row));
  const columns = node.columns.map((column, i) => stored[i] ?? computedColumn(column, binder, script));
  const partitionedBy = node.partitionedBy.map((name) => knownColumn(name, columns, 'PARTITIONED BY'));
  const watermark = watermarkOf(node, columns, script);
  const comment = node.comment === null ? {} : { comment: node.comment };
  return { kind: 'table', path, columns, watermark, primaryKey, partitionedBy, options, ...comment };
}

/** A key that is written twice is an error: one of them would have no effect. */
export function optionsOf(options: readonly SqlOption[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const { key, value, position } of options) {
    if (map.has(key)) throw sqlError('SQL_VALIDATION', `option '${key}' is given twice`, position);
    map.set(key, value);
  }
  return map;
}

function refuseDuplicates(names: readonly Identifier[]): void {
  const seen = new Set<string>();
  for (const { name, position } of names) {
    if (seen.has(name)) throw sqlError('SQL_VALIDATION', `the column '${name}' is defined twice`, position);
    seen.add(name);
  }
}

function storedColumn(
  column: ColumnDefinition,
  primaryKey: readonly string[],
  metadata: () => ReadonlyMap<string, DataType>,
): TableColumn | null {
  if (column.kind === 'computed') return null;
  const { name } = column.name;
  const declared = bindType(column.type);
  const type = primaryKey.includes(name) ? withNullable(declared, false) : declared;
  const comment = column.comment === null ? {} : { comment: column.comment };
  if (column.kind === 'physical') return { kind: 'physical', name, type, ...comment };
  const key = column.key ?? name;
  checkMetadata(key, type, metadata(), column.position);
  return { kind: 'metadata', name, type, key, virtual: column.virtual, ...comment };
}

function checkMetadata(key: string, type: DataType, offered: ReadonlyMap<string, DataType>, position: Position): void {
  const own = offered.get(key);
  if (own === undefined) {
    const near = nearest(key, offered.keys());
    const known = [...offered.keys()].sort().join(', ');
    const hint = near === undefined ? `Metadata keys: ${known === '' ? 'none' : known}.` : `Did you mean '${near}'?`;
    throw sqlError('SQL_VALIDATION', `the connector has no metadata '${key}'`, position, hint);
  }
  if (castKind(own, type) !== 'none') return;
  throw sqlError(
    'SQL_VALIDATION',
    `the metadata '${key}' is ${formatType(own)}: it can't become ${formatType(type)}`,
    position,
  );
}

function computedColumn(column: ColumnDefinition, binder: ExpressionBinder, script: string): TableColumn {
  const { name, comment, expression } = column as Extract<ColumnDefinition, { kind: 'computed' }>;
  const bound = binder.bind(expression);
  if (bound.type.kind === 'null') {
    throw sqlError(
      'SQL_VALIDATION',
      `the column '${name.name}' has no type`,
      expression.position,
      'CAST the NULL to one.',
    );
  }
  const text = script.slice(expression.position.start, expression.position.end);
  return {
    kind: 'computed',
    name: name.name,
    type: bound.type,
    expression: bound,
    text,
    ...(comment === null ? {} : { comment }),
  };
}

function primaryKeyOf({ columns, primaryKeys }: CreateTable): string[] {
  const inline = columns.flatMap((column): PrimaryKeyDefinition[] =>
    column.kind === 'physical' && column.primaryKey !== null ? [{ columns: [column.name], ...column.primaryKey }] : [],
  );
  const [key, another] = [...inline, ...primaryKeys];
  if (key === undefined) return [];
  if (another !== undefined) throw sqlError('SQL_VALIDATION', 'the table has two primary keys', another.position);
  if (key.enforced) {
    const hint = 'Write PRIMARY KEY (…) NOT ENFORCED: the data is kept elsewhere, and nobody checks it.';
    throw sqlError('SQL_VALIDATION', 'a primary key is never enforced', key.position, hint);
  }
  return key.columns.map((name) => {
    const column = columns.find((each) => each.name.name === name.name);
    if (column?.kind === 'physical') return name.name;
    if (column === undefined)
      throw unknownColumn(
        name,
        columns.map((each) => each.name.name),
        'PRIMARY KEY',
      );
    throw sqlError('SQL_VALIDATION', `PRIMARY KEY: '${name.name}' is no physical column`, name.position);
  });
}

function knownColumn(name: Identifier, columns: readonly TableColumn[], clause: string): string {
  if (columns.some((column) => column.name === name.name)) return name.name;
  throw unknownColumn(
    name,
    columns.map((column) => column.name),
    clause,
  );
}

function unknownColumn({ name, position }: Identifier, known: readonly string[], clause: string): Error {
  return sqlError('SQL_VALIDATION', `${clause}: unknown column '${name}'`, position, suggestion(name, known));
}

const rowtimePrecision = 3; // Flink's watermarks are in milliseconds

function watermarkOf(
  { watermarks }: CreateTable,
  columns: readonly TableColumn[],
  script: string,
): WatermarkDefinition | null {
  const [clause, another] = watermarks;
  if (clause === undefined) return null;
  if (another !== undefined) throw sqlError('SQL_VALIDATION', 'the table has two watermarks', another.position);
  const { column: name, expression: node } = clause;
  if (name.parts.length > 1) throw unsupported('a watermark for a nested field', name.position);
  const column = columns.findIndex((each) => each.name === name.parts[0]!.name);
  if (column < 0)
    throw unknownColumn(
      name.parts[0]!,
      columns.map((each) => each.name),
      'WATERMARK',
    );
  checkTime(columns[column]!.type, `the column '${columns[column]!.name}'`, name.position);
  const expression = new ExpressionBinder(new Scope(columns.map((each) => plainField(each.name, each.type)))).bind(
    node,
  );
  checkTime(expression.type, 'the expression', node.position);
  checkChance(expression, node.position);
  return { column, expression, text: script.slice(node.position.start, node.position.end) };
}

function checkTime(type: DataType, what: string, position: Position): void {
  if (isTimestamp(type) && type.precision <= rowtimePrecision) return;
  const got = formatType(withNullable(type, true));
  const hint = isTimestamp(type)
    ? `CAST it to ${type.kind.toUpperCase()}(3).`
    : 'Compute a time: TO_TIMESTAMP_LTZ(ms, 3).';
  throw sqlError(
    'SQL_VALIDATION',
    `WATERMARK: expected ${what} to be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3, got ${got}`,
    position,
    hint,
  );
}

function checkChance(expression: Expression, position: Position): void {
  if (isDeterministic(expression)) return;
  throw unsupported('a watermark of chance or of the current time', position, 'Compute it from columns.');
}
