/**
 * Schemas: Iceberg's JSON form, and the mapping between Flink's types and Iceberg's as Iceberg's Flink module has it
 * (FlinkTypeToType, TypeToFlinkType).
 */
import { EngineError } from '../model/errors.ts';
import { type DataType, formatType, types } from '../model/types.ts';
import {
  type FieldJson,
  fieldToJson,
  type IcebergType,
  type NestedField,
  type PrimitiveType,
  parseField,
} from './iceberg-type.ts';

export type SchemaJson = Readonly<{
  type: 'struct';
  'schema-id': number;
  'identifier-field-ids'?: readonly number[];
  fields: readonly FieldJson[];
}>;

export type Schema = Readonly<{
  id: number;
  fields: readonly NestedField[];
  identifierFieldIds: readonly number[];
}>;

export function parseSchema(json: SchemaJson): Schema {
  return {
    id: json['schema-id'] ?? 0, // version 1 metadata has none
    fields: json.fields.map(parseField),
    identifierFieldIds: json['identifier-field-ids'] ?? [],
  };
}

export type SchemaColumn = Readonly<{ name: string; type: DataType; comment?: string | undefined }>;

/** The schema of a new table, ids from 1 in the order of the columns. */
export function schemaOf(columns: readonly SchemaColumn[], primaryKey: readonly string[]): SchemaJson {
  const fields = columns.map((column, index) => {
    const type = toIcebergType(column.type, `column '${column.name}'`);
    const required = !column.type.nullable || primaryKey.includes(column.name);
    return fieldToJson({ id: index + 1, name: column.name, required, type, doc: column.comment });
  });
  const identifiers = fields.filter((field) => primaryKey.includes(field.name)).map((field) => field.id);
  return {
    type: 'struct',
    'schema-id': 0,
    ...(identifiers.length === 0 ? {} : { 'identifier-field-ids': identifiers }),
    fields,
  };
}

/** The primitive type that Iceberg's Flink module gives a SQL type. EngineError UNSUPPORTED for nested and other types. */
export function toIcebergType(type: DataType, where: string): PrimitiveType {
  switch (type.kind) {
    case 'boolean':
    case 'float':
    case 'double':
    case 'date':
    case 'time':
      return { kind: type.kind };
    case 'tinyint':
    case 'smallint':
    case 'int':
      return { kind: 'int' };
    case 'bigint':
      return { kind: 'long' };
    case 'char':
    case 'varchar':
      return { kind: 'string' };
    case 'varbinary':
      return { kind: 'binary' };
    case 'binary':
      return { kind: 'fixed', length: type.length };
    case 'decimal':
      return { kind: 'decimal', precision: type.precision, scale: type.scale };
    case 'timestamp':
    case 'timestamp_ltz':
      if (type.precision <= 6) return { kind: type.kind === 'timestamp' ? 'timestamp' : 'timestamptz' };
      throw unsupportedType(
        type,
        where,
        'Cast it to TIMESTAMP(6): Iceberg keeps nanoseconds only in format version 3.',
      );
    default:
      throw unsupportedType(type, where, 'Write its parts as columns of their own, or as text.');
  }
}

function unsupportedType(type: DataType, where: string, hint: string): EngineError {
  return new EngineError('UNSUPPORTED', `${where}: Millrace does not write ${formatType(type)} to Iceberg`, { hint });
}

/** What Flink shows of an Iceberg type. */
export function toFlinkType(type: IcebergType, nullable: boolean): DataType {
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'float':
    case 'double':
    case 'date':
      return types.of(type.kind, nullable);
    case 'long':
      return types.of('bigint', nullable);
    case 'string':
      return types.string(nullable);
    case 'binary':
      return types.bytes(nullable);
    case 'uuid':
      return { kind: 'binary', length: 16, nullable };
    case 'fixed':
      return { kind: 'binary', length: type.length, nullable };
    case 'decimal':
      return types.decimal(type.precision, type.scale, nullable);
    case 'time':
      return types.time(nullable);
    case 'timestamp':
      return types.timestamp(6, nullable);
    case 'timestamptz':
      return types.timestampLtz(6, nullable);
    case 'timestamp_ns':
      return types.timestamp(9, nullable);
    case 'timestamptz_ns':
      return types.timestampLtz(9, nullable);
    case 'list':
      return types.array(toFlinkType(type.element, !type.elementRequired), nullable);
    case 'map':
      return types.map(toFlinkType(type.key, false), toFlinkType(type.value, !type.valueRequired), nullable);
    case 'struct': {
      const fields = type.fields.map(({ name, required, type: inner }) => ({
        name,
        type: toFlinkType(inner, !required),
      }));
      return types.row(fields, nullable);
    }
  }
}
