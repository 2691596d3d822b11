/** Definitions as the statements that make them. */

import { stringLiteral } from '../../functions/expression-text.ts';
import {
  type CatalogEntry,
  formatPath,
  type TableColumn,
  type TableDefinition,
  type ViewDefinition,
} from '../../model/table.ts';
import { formatType } from '../../model/types.ts';

export function showCreate(entry: CatalogEntry, temporary: boolean): string {
  return entry.kind === 'table' ? createTable(entry, temporary) : createView(entry, temporary);
}

function createView({ path, columnNames, query }: ViewDefinition, temporary: boolean): string {
  const columns = columnNames === null ? '' : ` (${columnNames.map(quote).join(', ')})`;
  return `CREATE ${temporary ? 'TEMPORARY ' : ''}VIEW ${formatPath(path)}${columns} AS\n${query}`;
}

function createTable(table: TableDefinition, temporary: boolean): string {
  const { path, columns, watermark, primaryKey, partitionedBy, options, comment } = table;
  const elements = [
    ...columns.map(columnText),
    ...(watermark === null ? [] : [`WATERMARK FOR ${quote(columns[watermark.column]!.name)} AS ${watermark.text}`]),
    ...(primaryKey.length === 0 ? [] : [`PRIMARY KEY (${primaryKey.map(quote).join(', ')}) NOT ENFORCED`]),
  ];
  const pairs = [...options].map(([key, value]) => `${stringLiteral(key)} = ${stringLiteral(value)}`);
  return [
    `CREATE ${temporary ? 'TEMPORARY ' : ''}TABLE ${formatPath(path)} (\n  ${elements.join(',\n  ')}\n)`,
    ...(comment === undefined ? [] : [`COMMENT ${stringLiteral(comment)}`]),
    ...(partitionedBy.length === 0 ? [] : [`PARTITIONED BY (${partitionedBy.map(quote).join(', ')})`]),
    ...(pairs.length === 0 ? [] : [`WITH (\n  ${pairs.join(',\n  ')}\n)`]),
  ].join('\n');
}

export function columnText(column: TableColumn): string {
  const comment = column.comment === undefined ? '' : ` COMMENT ${stringLiteral(column.comment)}`;
  if (column.kind === 'computed') return `${quote(column.name)} AS ${column.text}${comment}`;
  const type = `${quote(column.name)} ${formatType(column.type)}`;
  if (column.kind === 'physical') return type + comment;
  const from = column.key === column.name ? '' : ` FROM ${stringLiteral(column.key)}`;
  return `${type} METADATA${from}${column.virtual ? ' VIRTUAL' : ''}${comment}`;
}

export function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
