/** A table as the input of a query: its scan, computed columns, and watermarks on top. */
import { columnRef, type Expression } from '../../model/expression.ts';
import type { PlanNode, ScanColumn, ScanNode } from '../../model/plan.ts';
import { rowOf, type TableColumn, type TableDefinition } from '../../model/table.ts';
import { type DataType, sameType, withNullable } from '../../model/types.ts';
import { coerce } from './coerce.ts';
import type { Relation } from './relation.ts';
import { isProctimeCall } from './scope.ts';

/** What a connector offers beside the record's own fields: key and type. */
export type MetadataColumns = (connector: string) => ReadonlyMap<string, DataType>;

type StoredColumn = Extract<TableColumn, { kind: 'physical' | 'metadata' }>;

/** Computed columns and watermarks may be over the *source row*: this gives its columns. */
export function sourceRow(columns: readonly TableColumn[]): StoredColumn[] {
  return columns.filter((column) => column.kind !== 'computed');
}

export function tableRelation(table: TableDefinition, metadataColumns: MetadataColumns): Relation {
  const computed = withComputed(table, scan(table, metadataColumns));
  const { watermark } = table;
  const row = rowOf(table);
  const node: PlanNode =
    watermark === null
      ? computed
      : {
          kind: 'watermark',
          input: computed,
          column: watermark.column,
          expression: watermark.expression,
          fields: computed.fields,
        };
  const fields = row.map(({ name, type }, index) => ({
    name,
    type,
    qualifier: table.path.name,
    rowtime: watermark?.column === index,
    proctime: isProctime(table.columns[index]!),
    window: null,
  }));
  return { node, fields };
}

function isProctime(column: TableColumn): boolean {
  return column.kind === 'computed' && isProctimeCall(column.expression);
}

function scan(table: TableDefinition, metadataColumns: MetadataColumns): ScanNode {
  const columns = sourceRow(table.columns).map((column) => scanColumn(column, table, metadataColumns));
  return { kind: 'scan', table, columns, fields: columns.map(({ name, type }) => ({ name, type })) };
}

/** Metadata comes with the connector's type; the table says whether it may be NULL. */
function scanColumn(column: StoredColumn, table: TableDefinition, metadataColumns: MetadataColumns): ScanColumn {
  const { name, type } = column;
  if (column.kind === 'physical') return { kind: 'physical', name, type, path: [name] };
  const offered = metadataColumns(table.options.get('connector') ?? '').get(column.key) ?? type;
  return { kind: 'metadata', name, type: withNullable(offered, type.nullable), key: column.key };
}

function withComputed(table: TableDefinition, input: ScanNode): PlanNode {
  const places = sourceRow(table.columns);
  let plain = true;
  const projections = table.columns.map((column): Expression => {
    plain &&= column.kind !== 'computed';
    if (column.kind === 'computed') return column.expression;
    const index = places.indexOf(column);
    const { type } = input.fields[index]!;
    plain &&= sameType(type, column.type);
    return coerce(columnRef(index, type), column.type);
  });
  if (plain) return input;
  const fields = table.columns.map(({ name, type }) => ({ name, type }));
  return { kind: 'calc', input, predicate: null, projections, fields };
}
