/** Iceberg's types (spec, "Schemas and Data Types") and their JSON form (Appendix C). */
import { EngineError } from '../model/errors.ts';

export type PrimitiveType =
  | Readonly<{
      kind:
        | 'boolean'
        | 'int'
        | 'long'
        | 'float'
        | 'double'
        | 'date'
        | 'time'
        | 'timestamp'
        | 'timestamptz'
        | 'timestamp_ns'
        | 'timestamptz_ns'
        | 'string'
        | 'uuid'
        | 'binary';
    }>
  | Readonly<{ kind: 'fixed'; length: number }>
  | Readonly<{ kind: 'decimal'; precision: number; scale: number }>;

export type IcebergType =
  | PrimitiveType
  | Readonly<{ kind: 'struct'; fields: readonly NestedField[] }>
  | Readonly<{ kind: 'list'; elementId: number; element: IcebergType; elementRequired: boolean }>
  | Readonly<{
      kind: 'map';
      keyId: number;
      key: IcebergType;
      valueId: number;
      value: IcebergType;
      valueRequired: boolean;
    }>;

export type NestedField = Readonly<{
  id: number;
  name: string;
  required: boolean;
  type: IcebergType;
  doc?: string | undefined;
}>;

export type FieldJson = Readonly<{ id: number; name: string; required: boolean; type: TypeJson; doc?: string }>;

export type TypeJson =
  | string
  | Readonly<{ type: 'struct'; fields: readonly FieldJson[] }>
  | Readonly<{ type: 'list'; 'element-id': number; element: TypeJson; 'element-required': boolean }>
  | Readonly<{
      type: 'map';
      'key-id': number;
      key: TypeJson;
      'value-id': number;
      value: TypeJson;
      'value-required': boolean;
    }>;

const plainKinds = new Set([
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'timestamp_ns',
  'timestamptz_ns',
  'string',
  'uuid',
  'binary',
]);

export function isPrimitive(type: IcebergType): type is PrimitiveType {
  return type.kind !== 'struct' && type.kind !== 'list' && type.kind !== 'map';
}

/** EngineError UNSUPPORTED for a type that is not of the spec's version 2 (and nanoseconds of version 3). */
function parseType(json: TypeJson): IcebergType {
  if (typeof json === 'string') return parsePrimitive(json);
  switch (json.type) {
    case 'struct':
      return { kind: 'struct', fields: json.fields.map(parseField) };
    case 'list':
      return {
        kind: 'list',
        elementId: json['element-id'],
        element: parseType(json.element),
        elementRequired: json['element-required'],
      };
    case 'map':
      return {
        kind: 'map',
        keyId: json['key-id'],
        key: parseType(json.key),
        valueId: json['value-id'],
        value: parseType(json.value),
        valueRequired: json['value-required'],
      };
  }
}

export function parseField(json: FieldJson): NestedField {
  const { id, name, required, doc } = json;
  return { id, name, required, type: parseType(json.type), doc };
}

function parsePrimitive(text: string): PrimitiveType {
  if (plainKinds.has(text)) return { kind: text } as PrimitiveType;
  const decimal = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(text);
  if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  const fixed = /^fixed\[\s*(\d+)\s*\]$/.exec(text);
  if (fixed !== null) return { kind: 'fixed', length: Number(fixed[1]) };
  throw new EngineError('UNSUPPORTED', `Iceberg type '${text}': Millrace does not know it`);
}

export function formatPrimitive(type: PrimitiveType): string {
  if (type.kind === 'decimal') return `decimal(${type.precision}, ${type.scale})`;
  return type.kind === 'fixed' ? `fixed[${type.length}]` : type.kind;
}

/** Only of primitive types: nested ones are never written. */
export function fieldToJson(field: NestedField & Readonly<{ type: PrimitiveType }>): FieldJson {
  const { id, name, required, doc } = field;
  return { id, name, required, type: formatPrimitive(field.type), ...(doc === undefined ? {} : { doc }) };
}
