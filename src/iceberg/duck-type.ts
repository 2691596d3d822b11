/** Types of the job as DuckDB's: what it casts columns to. */
import { EngineError } from '../model/errors.ts';
import { type DataType, formatType } from '../model/types.ts';

/** EngineError UNSUPPORTED for what DuckDB has no exact values of. */
export function duckType(type: DataType): string {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'bigint':
    case 'float':
    case 'double':
    case 'date':
    case 'time':
      return type.kind.toUpperCase();
    case 'int':
      return 'INTEGER';
    case 'char':
    case 'varchar':
      return 'VARCHAR';
    case 'binary':
    case 'varbinary':
      return 'BLOB';
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'timestamp':
      return type.precision > 6 ? 'TIMESTAMP_NS' : 'TIMESTAMP';
    case 'timestamp_ltz':
      return type.precision > 6 ? unknown(type) : 'TIMESTAMPTZ';
    case 'array':
      return `${duckType(type.element)}[]`;
    case 'map':
      return `MAP(${duckType(type.key)}, ${duckType(type.value)})`;
    case 'row':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${duckType(field.type)}`).join(', ')})`;
    default:
      return unknown(type);
  }
}

/** Whether rows can be asked for by a value of the type. */
export function isDuckKey({ kind }: DataType): boolean {
  return kind !== 'array' && kind !== 'map' && kind !== 'row' && kind !== 'multiset';
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function unknown(type: DataType): never {
  throw new EngineError('UNSUPPORTED', `DuckDB gives no values of the type ${formatType(type)}`);
}
