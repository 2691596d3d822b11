/** Partition specs: their JSON form, bound to a schema, and the path of a partition. */
import { formatDate, formatTime, formatTimestamp, msPerDay } from '../model/calendar.ts';
import { formatDecimal } from '../model/decimal.ts';
import { EngineError } from '../model/errors.ts';
import { isPrimitive, type PrimitiveType } from './iceberg-type.ts';
import type { Schema } from './schema.ts';
import type { SingleValue } from './single-value.ts';
import { parseTransform, resultType, type Transform } from './transform.ts';

export type PartitionFieldJson = Readonly<{ name: string; transform: string; 'source-id': number; 'field-id': number }>;
export type PartitionSpecJson = Readonly<{ 'spec-id': number; fields: readonly PartitionFieldJson[] }>;

export type PartitionField = Readonly<{
  id: number;
  name: string;
  sourceId: number;
  transform: Transform;
  sourceType: PrimitiveType;
  type: PrimitiveType;
}>;

/** A partition: a value for each field of its spec. */
export type PartitionValues = readonly (SingleValue | null)[];

/** The first id of partition fields. */
export const firstPartitionFieldId = 1000;

/** The fields with their types in a schema. EngineError UNSUPPORTED for one that rows can't be partitioned by here. */
export function bindSpec(spec: PartitionSpecJson, schema: Schema): PartitionField[] {
  return spec.fields.map((field) => bindField(field, schema));
}

function bindField(field: PartitionFieldJson, schema: Schema): PartitionField {
  const transform = parseTransform(field.transform);
  const source = schema.fields.find((column) => column.id === field['source-id']);
  const where = `partition field '${field.name}'`;
  if (source !== undefined && isPrimitive(source.type)) {
    const type = resultType(transform, source.type, where);
    return { id: field['field-id'], name: field.name, sourceId: source.id, transform, sourceType: source.type, type };
  }
  if (transform.kind === 'void') return unboundField(field);
  throw new EngineError('UNSUPPORTED', `${where}: its column is nested or gone, which Millrace does not partition by`);
}

/** For reading: what is not understood (a dropped column, a transform of the future) is a field that nothing is pruned by. */
export function bindSpecForReading(spec: PartitionSpecJson, schema: Schema): PartitionField[] {
  return spec.fields.map((field) => {
    try {
      return bindField(field, schema);
    } catch (error) {
      if (error instanceof EngineError) return unboundField(field);
      throw error;
    }
  });
}

function unboundField(field: PartitionFieldJson): PartitionField {
  const type: PrimitiveType = { kind: 'string' };
  const common = { id: field['field-id'], name: field.name, sourceId: field['source-id'] };
  return { ...common, transform: { kind: 'void' }, sourceType: type, type };
}

/** `day=2024-01-31/device=a%2Fb`, as Iceberg's PartitionSpec.partitionToPath. Only for people: readers use the manifest's values. */
export function partitionPath(fields: readonly PartitionField[], values: PartitionValues): string {
  return fields
    .map((field, index) => `${escapeText(field.name)}=${escapeText(humanText(field, values[index] ?? null))}`)
    .join('/');
}

/** As java.net.URLEncoder. */
function escapeText(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function humanText(field: PartitionField, value: SingleValue | null): string {
  if (value === null) return 'null';
  switch (field.transform.kind) {
    case 'year':
      return String(1970 + (value as number)).padStart(4, '0');
    case 'month': {
      const months = value as number;
      return `${String(1970 + Math.floor(months / 12)).padStart(4, '0')}-${String((((months % 12) + 12) % 12) + 1).padStart(2, '0')}`;
    }
    case 'hour': {
      const days = Math.floor((value as number) / 24);
      return `${formatDate(days)}-${String((value as number) - days * 24).padStart(2, '0')}`;
    }
    default:
      return valueText(field.type, value);
  }
}

function valueText(type: PrimitiveType, value: SingleValue): string {
  switch (type.kind) {
    case 'date':
      return formatDate(value as number);
    case 'time':
      return formatTime(Number((value as bigint) / 1000n) % msPerDay, 3);
    case 'timestamp':
    case 'timestamptz': {
      const suffix = type.kind === 'timestamptz' ? 'Z' : '';
      return formatTimestamp(value as bigint, 6, { separator: 'T', fraction: 'trim' }) + suffix;
    }
    case 'decimal':
      return formatDecimal(value as bigint, type.scale);
    default:
      return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
  }
}
