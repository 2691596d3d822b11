/** Values between SQLite, which knows five types, and SQL's. */
import { formatDecimal } from '../model/decimal.ts';
import { columnRef } from '../model/expression.ts';
import type { SessionContext, SqlValue } from '../model/function.ts';
import { rowInteger } from '../model/row.ts';
import { type DataType, types, withNullable } from '../model/types.ts';
import { RowExpression } from '../operators/rows/row-expression.ts';

export type SqliteValue = null | number | bigint | string | Uint8Array;

/** Of a value that SQLite gives (integers as bigint). Dates and times are text, as SQLite's own functions write them. */
export type FromSqlite = (value: SqliteValue) => SqlValue;

export function fromSqlite(type: DataType, session: SessionContext): FromSqlite {
  const convert = converterOf(type, session);
  return (value) => (value === null ? null : convert(value));
}

function converterOf(type: DataType, session: SessionContext): (value: Exclude<SqliteValue, null>) => SqlValue {
  const cast = castOf(type, session);
  switch (type.kind) {
    case 'boolean':
      return (value) => Number(value) !== 0;
    case 'float':
      return (value) => Math.fround(Number(value));
    case 'double':
      return Number;
    case 'binary':
    case 'varbinary':
      return (value) => (value instanceof Uint8Array ? value : new TextEncoder().encode(String(value)));
    case 'char':
    case 'varchar':
      return String;
    case 'bigint':
      return (value) => (typeof value === 'bigint' ? rowInteger(value) : cast(String(value)));
    default:
      return (value) => cast(String(value));
  }
}

function castOf(type: DataType, session: SessionContext): (text: string) => SqlValue {
  const text = types.string();
  const expression = new RowExpression(
    { kind: 'cast', arg: columnRef(0, text), onError: 'fail', type: withNullable(type, true) },
    [{ name: 'value', type: text }],
    session,
  );
  return (value) => expression.evaluate([value]);
}

/** Whether SQLite compares values of the type as SQL does. */
export function isSqliteKey(type: DataType): boolean {
  return keyKinds.has(type.kind);
}

const keyKinds: ReadonlySet<DataType['kind']> = new Set([
  'boolean',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'decimal',
  'char',
  'varchar',
  'binary',
  'varbinary',
] as const);

/** Of a key's value, for a parameter. */
export function toSqlite(value: SqlValue, type: DataType): SqliteValue {
  switch (type.kind) {
    case 'boolean':
      return value === true ? 1 : 0;
    case 'decimal':
      return formatDecimal(value as number | bigint, type.scale);
    default:
      return value as SqliteValue;
  }
}
