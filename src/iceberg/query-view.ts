/** A table's files as a DuckDB view: columns by field id, so that renamed and added columns and widened types read right. */

import { EngineError } from '../model/errors.ts';
import { localPath } from '../storage/uri.ts';
import { quoteName } from './duck-type.ts';
import { formatPrimitive, type IcebergType, type NestedField } from './iceberg-type.ts';
import type { ScanPlan } from './scan.ts';

/** The SELECT of the view, and the local files that it reads. EngineError UNSUPPORTED for files that are not Parquet. */
export function viewOf(plan: ScanPlan): { select: string; paths: readonly string[] } {
  const other = plan.files.find((file) => file.format !== 'PARQUET');
  if (other !== undefined)
    throw new EngineError('UNSUPPORTED', `${other.path}: Millrace reads Parquet, not ${other.format}`);
  const paths = plan.files.map((file) => localPath(file.path));
  if (paths.length === 0) return { select: emptySelect(plan.schema.fields), paths };
  const columns = plan.schema.fields.map(
    (field) =>
      `${field.id}: {name: ${quoteText(field.name)}, type: ${quoteText(duckTypeOf(field.type))}, default_value: NULL}`,
  );
  const files = paths.map(quoteText).join(', ');
  return { select: `SELECT * FROM read_parquet([${files}], schema = MAP {${columns.join(', ')}})`, paths };
}

function emptySelect(fields: readonly NestedField[]): string {
  const columns = fields.map((field) => `NULL::${duckTypeOf(field.type)} AS ${quoteName(field.name)}`);
  return `SELECT ${columns.join(', ')} WHERE false`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function duckTypeOf(type: IcebergType): string {
  switch (type.kind) {
    case 'int':
      return 'INTEGER';
    case 'long':
      return 'BIGINT';
    case 'string':
      return 'VARCHAR';
    case 'binary':
    case 'fixed':
      return 'BLOB';
    case 'timestamptz':
    case 'timestamptz_ns':
      return 'TIMESTAMPTZ';
    case 'timestamp_ns':
      return 'TIMESTAMP_NS';
    case 'list':
      return `${duckTypeOf(type.element)}[]`;
    case 'map':
      return `MAP(${duckTypeOf(type.key)}, ${duckTypeOf(type.value)})`;
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${duckTypeOf(field.type)}`).join(', ')})`;
    default:
      return formatPrimitive(type).toUpperCase();
  }
}
