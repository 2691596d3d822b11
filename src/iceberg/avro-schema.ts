/**
 * Avro schemas with Iceberg's marks: every record field carries a `field-id`, arrays an `element-id`, and a map with keys that are not
 * strings is an array of key-value records marked `logicalType: map` (spec, Appendix A).
 */
import type { PrimitiveType } from './iceberg-type.ts';

export type AvroField = Readonly<{ name: string; type: AvroSchema; 'field-id'?: number; default?: unknown }>;

export type AvroObject = Readonly<{
  type: string | AvroObject;
  name?: string;
  namespace?: string;
  logicalType?: string;
  fields?: readonly AvroField[];
  items?: AvroSchema;
  values?: AvroSchema;
  symbols?: readonly string[];
  size?: number;
  precision?: number;
  scale?: number;
  'element-id'?: number;
  'adjust-to-utc'?: boolean;
}>;

export type AvroSchema = string | AvroObject | readonly AvroSchema[];

export function recordSchema(name: string, fields: readonly AvroField[]): AvroObject {
  return { type: 'record', name, fields };
}

export function requiredField(id: number, name: string, type: AvroSchema): AvroField {
  return { name, type, 'field-id': id };
}

export function optionalField(id: number, name: string, type: AvroSchema): AvroField {
  return { name, type: ['null', type], default: null, 'field-id': id };
}

export function arraySchema(elementId: number, items: AvroSchema): AvroObject {
  return { type: 'array', items, 'element-id': elementId };
}

/** int keys to values. */
export function intMapSchema(keyId: number, valueId: number, value: AvroSchema): AvroObject {
  const entry = recordSchema(`k${keyId}_v${valueId}`, [
    requiredField(keyId, 'key', 'int'),
    requiredField(valueId, 'value', value),
  ]);
  return { type: 'array', items: entry, logicalType: 'map' };
}

/** The Avro form of a partition value's type (spec, Appendix A, "Data Type Mappings"). */
export function avroTypeOf(type: PrimitiveType): AvroSchema {
  switch (type.kind) {
    case 'date':
      return { type: 'int', logicalType: 'date' };
    case 'time':
      return { type: 'long', logicalType: 'time-micros' };
    case 'timestamp':
    case 'timestamptz':
      return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': type.kind === 'timestamptz' };
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return { type: 'long', logicalType: 'timestamp-nanos', 'adjust-to-utc': type.kind === 'timestamptz_ns' };
    case 'decimal': {
      const { precision, scale } = type;
      const size = decimalSize(precision);
      return { type: 'fixed', name: `decimal_${precision}_${scale}`, size, logicalType: 'decimal', precision, scale };
    }
    case 'uuid':
      return { type: 'fixed', name: 'uuid_fixed', size: 16, logicalType: 'uuid' };
    case 'fixed':
      return { type: 'fixed', name: `fixed_${type.length}`, size: type.length };
    case 'binary':
      return 'bytes';
    default:
      return type.kind;
  }
}

/** The least number of bytes that hold every value of the precision. */
function decimalSize(precision: number): number {
  const bits = (10n ** BigInt(precision) - 1n).toString(2).length + 1;
  return Math.ceil(bits / 8);
}
