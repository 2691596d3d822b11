/**
 * Ids of a new table's columns: given anew by the catalog, whatever the client called them, in the order of Iceberg's AssignFreshIds: the
 * fields of a level first, then what is inside of them.
 */
import { EngineError } from '../model/errors.ts';
import type { FieldJson, TypeJson } from './iceberg-type.ts';
import { firstPartitionFieldId, type PartitionSpecJson } from './partition-spec.ts';
import type { SchemaJson } from './schema.ts';
import type { SortOrderJson } from './table-metadata.ts';

export type NewTableShape = Readonly<{ schema: SchemaJson; spec: PartitionSpecJson; sortOrder: SortOrderJson }>;

type Ids = { last: number; readonly fresh: Map<number, number> };

/** The schema with ids from 1, and the spec and order bound to them. EngineError INVALID_OPTION where those name columns that are not there. */
export function withFreshIds({ schema, spec, sortOrder }: NewTableShape): NewTableShape {
  const ids: Ids = { last: 0, fresh: new Map() };
  const fields = freshFields(schema.fields, ids);
  const bound = (id: number, what: string): number => {
    const fresh = ids.fresh.get(id);
    if (fresh !== undefined) return fresh;
    throw new EngineError('INVALID_OPTION', `Cannot find source column for ${what}: expected a column with id ${id}`);
  };
  const identifiers = schema['identifier-field-ids']?.map((id) => bound(id, 'identifier field'));
  return {
    schema: {
      type: 'struct',
      'schema-id': 0,
      ...(identifiers === undefined || identifiers.length === 0 ? {} : { 'identifier-field-ids': identifiers }),
      fields,
    },
    spec: {
      'spec-id': 0,
      fields: spec.fields.map((field, index) => ({
        ...field,
        'source-id': bound(field['source-id'], `partition field ${field.name}`),
        'field-id': firstPartitionFieldId + index,
      })),
    },
    sortOrder: {
      'order-id': sortOrder.fields.length === 0 ? 0 : 1,
      fields: sortOrder.fields.map((field) => ({ ...field, 'source-id': bound(field['source-id'], 'sort field') })),
    },
  };
}

function freshFields(fields: readonly FieldJson[], ids: Ids): FieldJson[] {
  const own = fields.map((field) => freshId(field.id, ids));
  return fields.map((field, index) => ({ ...field, id: own[index]!, type: freshType(field.type, ids) }));
}

function freshId(id: number, ids: Ids): number {
  ids.fresh.set(id, ++ids.last);
  return ids.last;
}

function freshType(type: TypeJson, ids: Ids): TypeJson {
  if (typeof type === 'string') return type;
  if (type.type === 'struct') return { ...type, fields: freshFields(type.fields, ids) };
  if (type.type === 'list') {
    const id = freshId(type['element-id'], ids);
    return { ...type, 'element-id': id, element: freshType(type.element, ids) };
  }
  const key = freshId(type['key-id'], ids);
  const value = freshId(type['value-id'], ids);
  return {
    ...type,
    'key-id': key,
    key: freshType(type.key, ids),
    'value-id': value,
    value: freshType(type.value, ids),
  };
}

/** The largest id at any depth; 0 for no fields. */
export function highestFieldId(fields: readonly FieldJson[]): number {
  return Math.max(0, ...fields.map((field) => Math.max(field.id, highestInside(field.type))));
}

function highestInside(type: TypeJson): number {
  if (typeof type === 'string') return 0;
  if (type.type === 'struct') return highestFieldId(type.fields);
  if (type.type === 'list') return Math.max(type['element-id'], highestInside(type.element));
  return Math.max(type['key-id'], type['value-id'], highestInside(type.key), highestInside(type.value));
}
