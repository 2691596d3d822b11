/** SQL types in the JSON of Flink's SQL Gateway (LogicalTypeJsonSerializer): names of type roots, and what each takes. */
import type { DataType, Field } from '../../model/types.ts';

const rootOf: Readonly<Record<DataType['kind'], string>> = {
  boolean: 'BOOLEAN',
  tinyint: 'TINYINT',
  smallint: 'SMALLINT',
  int: 'INTEGER',
  bigint: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  null: 'NULL',
  char: 'CHAR',
  varchar: 'VARCHAR',
  binary: 'BINARY',
  varbinary: 'VARBINARY',
  decimal: 'DECIMAL',
  time: 'TIME_WITHOUT_TIME_ZONE',
  timestamp: 'TIMESTAMP_WITHOUT_TIME_ZONE',
  timestamp_ltz: 'TIMESTAMP_WITH_LOCAL_TIME_ZONE',
  interval_months: 'INTERVAL_YEAR_MONTH',
  interval_millis: 'INTERVAL_DAY_TIME',
  array: 'ARRAY',
  multiset: 'MULTISET',
  map: 'MAP',
  row: 'ROW',
};

function logicalType(type: DataType): Readonly<Record<string, unknown>> {
  const root = rootOf[type.kind];
  return type.kind === 'null' ? { type: root } : { type: root, nullable: type.nullable, ...partsOf(type) };
}

function partsOf(type: DataType): Readonly<Record<string, unknown>> {
  switch (type.kind) {
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return { length: type.length };
    case 'decimal':
      return { precision: type.precision, scale: type.scale };
    case 'time':
    case 'timestamp':
    case 'timestamp_ltz':
      return { precision: type.precision };
    case 'interval_months':
      return { precision: 2, resolution: 'YEAR_TO_MONTH' };
    case 'interval_millis':
      return { precision: 2, fractionalPrecision: 3, resolution: 'DAY_TO_SECOND' };
    case 'array':
    case 'multiset':
      return { elementType: logicalType(type.element) };
    case 'map':
      return { keyType: logicalType(type.key), valueType: logicalType(type.value) };
    case 'row':
      return { fields: type.fields.map(rowField) };
    default:
      return {};
  }
}

function rowField({ name, type, description }: Field): unknown {
  return { name, fieldType: logicalType(type), ...(description === undefined ? {} : { description }) };
}

/** The columns of a result. */
export function columnInfos(fields: readonly Field[]): unknown[] {
  return fields.map(({ name, type }) => ({ name, logicalType: logicalType(type), comment: null }));
}
