/** The format maxwell-json, as Flink's (MaxwellJsonDeserializationSchema): `data` and `old`, `type` insert, update or delete. */
import { op } from '../model/column.ts';
import type { Format, FormatMetadata } from '../model/format.ts';
import { types } from '../model/types.ts';
import { createChangeEncoder } from './change-encoder.ts';
import {
  type Change,
  ChangeDecoder,
  changeOptionSpecs,
  type JsonObject,
  metadataValue,
  textOf,
  unknownKind,
} from './change-record.ts';

export const maxwellJsonFormat: Format = {
  name: 'maxwell-json',
  changes: true,
  options: changeOptionSpecs,
  metadata: new Map([
    ['database', types.string()],
    ['table', types.string()],
    ['primary-key-columns', types.array(types.string())],
    ['ingestion-timestamp', types.timestampLtz(3)],
  ]),
  createDecoder: (ctx) => new ChangeDecoder({ title: 'Maxwell', payload: (root) => root, changes, metadata }, ctx),
  createEncoder: (ctx) =>
    createChangeEncoder(ctx, {
      added: ['{"data":', ',"type":"insert"}'],
      removed: ['{"data":', ',"type":"delete"}'],
    }),
};

function changes(root: JsonObject): readonly Change[] {
  const type = root.get('type');
  const row = root.get('data') ?? null;
  switch (textOf(type)) {
    case 'insert':
      return [{ op: op.insert, row }];
    case 'update':
      return [
        { op: op.updateBefore, row: root.get('old') ?? null, rest: row },
        { op: op.updateAfter, row },
      ];
    case 'delete':
      return [{ op: op.delete, row }];
    default:
      throw unknownKind('type', type, ['insert', 'update', 'delete']);
  }
}

const metadataFields: Readonly<Record<string, string>> = {
  'primary-key-columns': 'primary_key_columns',
  'ingestion-timestamp': 'ts',
};

function metadata({ key, type }: FormatMetadata, root: JsonObject): unknown {
  return metadataValue(type, root.get(metadataFields[key] ?? key));
}
