/** The Avro schema of a table's row, as Flink derives it (AvroSchemaConverter.convertToSchema). */
import { EngineError } from '../model/errors.ts';
import { type DataType, type Field, formatType, isCharacter, withNullable } from '../model/types.ts';

/** The schema as it stands in JSON. */
export type AvroSchema = string | readonly AvroSchema[] | Readonly<{ [key: string]: unknown }>;

const rootName = 'record';
const rootNamespace = 'org.apache.flink.avro.generated';

/** `legacyTimestamps`: TIMESTAMP as timestamp-millis and no TIMESTAMP_LTZ, as before Flink 1.19 and by default still. */
export function avroSchemaOf(fields: readonly Field[], legacyTimestamps: boolean): AvroSchema {
  const record = recordSchema(fields, rootName, legacyTimestamps);
  return { ...(record as object), namespace: rootNamespace };
}

function schemaOf(type: DataType, name: string, legacy: boolean): AvroSchema {
  const schema = presentSchema(type, name, legacy);
  return type.nullable && type.kind !== 'null' ? ['null', schema] : schema;
}

function presentSchema(type: DataType, name: string, legacy: boolean): AvroSchema {
  switch (type.kind) {
    case 'null':
    case 'boolean':
    case 'float':
    case 'double':
      return type.kind;
    case 'tinyint':
    case 'smallint':
    case 'int':
      return 'int';
    case 'bigint':
      return 'long';
    case 'char':
    case 'varchar':
      return 'string';
    case 'binary':
    case 'varbinary':
      return 'bytes';
    case 'date':
      return { type: 'int', logicalType: 'date' };
    case 'time':
      if (type.precision > 3) throw refused(type, 'times of up to 3 digits');
      return { type: 'int', logicalType: 'time-millis' };
    case 'timestamp':
    case 'timestamp_ltz':
      return timestampSchema(type, legacy);
    case 'decimal':
      return { type: 'bytes', logicalType: 'decimal', precision: type.precision, scale: type.scale };
    case 'row':
      return recordSchema(type.fields, name, legacy);
    case 'array':
      return { type: 'array', items: schemaOf(type.element, name, legacy) };
    case 'map':
    case 'multiset':
      return mapSchema(type, name, legacy);
    default:
      throw refused(type, 'types that Flink derives a schema of');
  }
}

function recordSchema(fields: readonly Field[], name: string, legacy: boolean): AvroSchema {
  return {
    type: 'record',
    name,
    fields: fields.map((field) => {
      const schema = schemaOf(field.type, `${name}_${field.name}`, legacy);
      return { name: field.name, type: schema, ...(field.type.nullable ? { default: null } : {}) };
    }),
  };
}

function mapSchema(
  type: Extract<DataType, { key: DataType } | { element: DataType }>,
  name: string,
  legacy: boolean,
): AvroSchema {
  const key = 'key' in type ? type.key : type.element;
  if (!isCharacter(key)) throw refused(type, 'maps with strings as keys');
  const values: DataType = 'value' in type ? type.value : { kind: 'int', nullable: false };
  return { type: 'map', values: schemaOf(values, name, legacy) };
}

function timestampSchema(type: DataType & { precision: number }, legacy: boolean): AvroSchema {
  if (legacy && type.kind === 'timestamp_ltz') {
    throw refused(type, "TIMESTAMP in place of TIMESTAMP_LTZ, unless 'timestamp_mapping.legacy' is 'false'");
  }
  const local = !legacy && type.kind === 'timestamp' ? 'local-' : '';
  if (type.precision <= 3) return { type: 'long', logicalType: `${local}timestamp-millis` };
  if (!legacy && type.precision <= 6) return { type: 'long', logicalType: `${local}timestamp-micros` };
  throw refused(type, legacy ? 'timestamps of up to 3 digits' : 'timestamps of up to 6 digits');
}

function refused(type: DataType, expected: string): EngineError {
  return new EngineError(
    'UNSUPPORTED',
    `format 'avro': expected ${expected}, got ${formatType(withNullable(type, true))}`,
  );
}
