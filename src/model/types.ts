/**
 * Flink's logical types (org.apache.flink.table.types.logical) as data, and how their values lie in columns.
 */
import { EngineError } from './errors.ts';

export type TypeKind = DataType['kind'];

type Nullability = Readonly<{ nullable: boolean }>;

export type Field = Readonly<{ name: string; type: DataType; description?: string | undefined }>;

/** A SQL type. `length` and `precision` are Flink's; STRING is VARCHAR(2147483647), BYTES is VARBINARY(2147483647). */
export type DataType = Nullability &
  (
    | Readonly<{ kind: 'boolean' | 'tinyint' | 'smallint' | 'int' | 'bigint' | 'float' | 'double' | 'date' | 'null' }>
    | Readonly<{ kind: 'char' | 'varchar' | 'binary' | 'varbinary'; length: number }>
    | Readonly<{ kind: 'decimal'; precision: number; scale: number }>
    | Readonly<{ kind: 'time' | 'timestamp' | 'timestamp_ltz'; precision: number }>
    /** INTERVAL YEAR TO MONTH in months, INTERVAL DAY TO SECOND in milliseconds. */
    | Readonly<{ kind: 'interval_months' | 'interval_millis' }>
    | Readonly<{ kind: 'array' | 'multiset'; element: DataType }>
    | Readonly<{ kind: 'map'; key: DataType; value: DataType }>
    | Readonly<{ kind: 'row'; fields: readonly Field[] }>
  );

export const maxStringLength = 2147483647;

/**
 * How the values of a type lie in a column (column.ts):
 *
 * | layout | types | value |
 * |---|---|---|
 * | `bool` | BOOLEAN | 0 or 1 |
 * | `i32` | TINYINT, SMALLINT, INT, DATE (days since 1970), TIME (ms of the day), INTERVAL YEAR TO MONTH (months) | int32 |
 * | `f64` | DOUBLE, FLOAT (rounded to 32 bits) | double |
 * | `int` | BIGINT; DECIMAL (unscaled); TIMESTAMP and TIMESTAMP_LTZ (units since 1970, see `timestampUnit`); INTERVAL DAY TO SECOND (ms) | an exact integer, narrow or wide |
 * | `string` | CHAR, VARCHAR, BINARY, VARBINARY | codes, or bytes |
 * | `object` | ARRAY, MAP, MULTISET, ROW, NULL | JavaScript values |
 */
export type Layout = 'bool' | 'i32' | 'f64' | 'int' | 'string' | 'object';

const layouts: Readonly<Record<TypeKind, Layout>> = {
  boolean: 'bool',
  tinyint: 'i32',
  smallint: 'i32',
  int: 'i32',
  date: 'i32',
  time: 'i32',
  interval_months: 'i32',
  float: 'f64',
  double: 'f64',
  bigint: 'int',
  decimal: 'int',
  timestamp: 'int',
  timestamp_ltz: 'int',
  interval_millis: 'int',
  char: 'string',
  varchar: 'string',
  binary: 'string',
  varbinary: 'string',
  array: 'object',
  map: 'object',
  multiset: 'object',
  row: 'object',
  null: 'object',
};

export function layoutOf(type: DataType): Layout {
  return layouts[type.kind];
}

/** How many units of a TIMESTAMP(p) or TIMESTAMP_LTZ(p) value make a millisecond: ms up to p = 3, µs up to 6, ns up to 9. */
export function unitsPerMillisecond(precision: number): number {
  if (precision <= 3) return 1;
  return precision <= 6 ? 1_000 : 1_000_000;
}

type SimpleKind = 'boolean' | 'tinyint' | 'smallint' | 'int' | 'bigint' | 'float' | 'double' | 'date' | 'null';

/** Short constructors; nullable unless said otherwise, as columns in SQL are. */
export const types = {
  of: (kind: SimpleKind, nullable = true): DataType => ({ kind, nullable }),
  string: (nullable = true): DataType => ({ kind: 'varchar', length: maxStringLength, nullable }),
  bytes: (nullable = true): DataType => ({ kind: 'varbinary', length: maxStringLength, nullable }),
  decimal: (precision: number, scale: number, nullable = true): DataType => ({
    kind: 'decimal',
    precision,
    scale,
    nullable,
  }),
  timestamp: (precision: number, nullable = true): DataType => ({ kind: 'timestamp', precision, nullable }),
  timestampLtz: (precision: number, nullable = true): DataType => ({ kind: 'timestamp_ltz', precision, nullable }),
  time: (nullable = true): DataType => ({ kind: 'time', precision: 0, nullable }),
  intervalMillis: (nullable = true): DataType => ({ kind: 'interval_millis', nullable }),
  intervalMonths: (nullable = true): DataType => ({ kind: 'interval_months', nullable }),
  array: (element: DataType, nullable = true): DataType => ({ kind: 'array', element, nullable }),
  map: (key: DataType, value: DataType, nullable = true): DataType => ({ kind: 'map', key, value, nullable }),
  row: (fields: readonly Field[], nullable = true): DataType => ({ kind: 'row', fields, nullable }),
} as const;

export function withNullable<T extends DataType>(type: T, nullable: boolean): T {
  return type.nullable === nullable ? type : { ...type, nullable };
}

/** Flink's text of a type, as DESCRIBE shows it: `DECIMAL(10, 2) NOT NULL`. */
export function formatType(type: DataType): string {
  return formatWithoutNull(type) + (type.nullable ? '' : ' NOT NULL');
}

function formatWithoutNull(type: DataType): string {
  switch (type.kind) {
    case 'char':
    case 'binary':
      return `${type.kind.toUpperCase()}(${type.length})`;
    case 'varchar':
      return type.length === maxStringLength ? 'STRING' : `VARCHAR(${type.length})`;
    case 'varbinary':
      return type.length === maxStringLength ? 'BYTES' : `VARBINARY(${type.length})`;
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'time':
    case 'timestamp':
    case 'timestamp_ltz':
      return `${type.kind.toUpperCase()}(${type.precision})`;
    case 'interval_months':
      return 'INTERVAL YEAR TO MONTH';
    case 'interval_millis':
      return 'INTERVAL DAY TO SECOND(3)';
    case 'array':
    case 'multiset':
      return `${type.kind.toUpperCase()}<${formatType(type.element)}>`;
    case 'map':
      return `MAP<${formatType(type.key)}, ${formatType(type.value)}>`;
    case 'row':
      return `ROW<${type.fields.map((f) => `\`${f.name}\` ${formatType(f.type)}`).join(', ')}>`;
    default:
      return type.kind.toUpperCase();
  }
}

/** Equality of types; nullability counts unless told otherwise. */
export function sameType(a: DataType, b: DataType, options: { ignoreNullability?: boolean } = {}): boolean {
  return options.ignoreNullability ? formatWithoutNull(a) === formatWithoutNull(b) : formatType(a) === formatType(b);
}

export function isTimestamp(
  type: DataType,
): type is DataType & { kind: 'timestamp' | 'timestamp_ltz'; precision: number } {
  return type.kind === 'timestamp' || type.kind === 'timestamp_ltz';
}

export function isCharacter(type: DataType): type is DataType & { kind: 'char' | 'varchar'; length: number } {
  return type.kind === 'char' || type.kind === 'varchar';
}

const integerKinds: readonly TypeKind[] = ['tinyint', 'smallint', 'int', 'bigint'];
const numericKinds: readonly TypeKind[] = [...integerKinds, 'float', 'double', 'decimal'];

export function isInteger(type: DataType): boolean {
  return integerKinds.includes(type.kind);
}

export function isNumeric(type: DataType): boolean {
  return numericKinds.includes(type.kind);
}

/** The declared range of a precision; `DECIMAL(39, 0)` and the like are refused where the type is written. */
export function checkPrecision(what: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new EngineError('SQL_VALIDATION', `${what}: expected a whole number from ${min} to ${max}, got ${value}`);
}
