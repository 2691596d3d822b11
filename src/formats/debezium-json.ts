/** The format debezium-json, as Flink's (DebeziumJsonDeserializationSchema): before and after images, `op` c, r, u or d. */
import { op } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { EncoderContext, Format, FormatMetadata } from '../model/format.ts';
import { types } from '../model/types.ts';
import { createChangeEncoder } from './change-encoder.ts';
import {
  type Change,
  ChangeDecoder,
  changeOptionSpecs,
  type JsonObject,
  metadataValue,
  objectOf,
  textOf,
  unknownKind,
} from './change-record.ts';
import { JsonFault, type JsonNode } from './json-node.ts';

export const debeziumJsonFormat: Format = {
  name: 'debezium-json',
  changes: true,
  options: [
    {
      key: 'schema-include',
      kind: 'boolean',
      default: 'false',
      description: 'Whether records carry their schema: {"schema":…,"payload":…}.',
    },
    ...changeOptionSpecs,
  ],
  metadata: new Map([
    ['schema', types.string()],
    ['ingestion-timestamp', types.timestampLtz(3)],
    ['source.timestamp', types.timestampLtz(3)],
    ['source.database', types.string()],
    ['source.schema', types.string()],
    ['source.table', types.string()],
    ['source.properties', types.map(types.string(), types.string())],
  ]),
  createDecoder: (ctx) => {
    const withSchema = ctx.options.boolean('schema-include');
    const payload = (root: JsonObject): JsonObject => (withSchema ? objectOf(root.get('payload'), "'payload'") : root);
    return new ChangeDecoder({ title: 'Debezium', payload, changes, metadata }, ctx);
  },
  createEncoder,
};

function changes(payload: JsonObject): readonly Change[] {
  const kind = payload.get('op');
  switch (textOf(kind)) {
    case 'c':
    case 'r':
      return [{ op: op.insert, row: payload.get('after') ?? null }];
    case 'u':
      return [
        { op: op.updateBefore, row: before(payload, 'UPDATE') },
        { op: op.updateAfter, row: payload.get('after') ?? null },
      ];
    case 'd':
      return [{ op: op.delete, row: before(payload, 'DELETE') }];
    default:
      throw unknownKind('op', kind, ['c', 'r', 'u', 'd']);
  }
}

function before(payload: JsonObject, what: string): JsonNode {
  const row = payload.get('before') ?? null;
  if (row !== null) return row;
  throw new JsonFault(
    `the "before" field of ${what} message is null: if it comes from Debezium's Postgres connector, ` +
      'set the REPLICA IDENTITY of the Postgres table to FULL',
  );
}

const sourceFields: Readonly<Record<string, string>> = {
  'source.timestamp': 'ts_ms',
  'source.database': 'db',
  'source.schema': 'schema',
  'source.table': 'table',
};

function metadata({ key, type }: FormatMetadata, payload: JsonObject, root: JsonObject): unknown {
  if (key === 'schema') return root === payload ? null : textOf(root.get('schema'));
  if (key === 'ingestion-timestamp') return metadataValue(type, payload.get('ts_ms'));
  const source = payload.get('source');
  if (key === 'source.properties') return metadataValue(type, source);
  return source instanceof Map ? metadataValue(type, source.get(sourceFields[key]!)) : null;
}

function createEncoder(ctx: EncoderContext): ReturnType<typeof createChangeEncoder> {
  if (ctx.options.boolean('schema-include')) {
    throw new EngineError(
      'UNSUPPORTED',
      "format 'debezium-json': records can't be written with 'schema-include' = 'true'",
      {
        hint: 'Flink refuses it too: leave the option out of a table that is written.',
      },
    );
  }
  const omitsNulls = ctx.options.boolean('encode.ignore-null-fields');
  return createChangeEncoder(ctx, {
    added: [omitsNulls ? '{"after":' : '{"before":null,"after":', ',"op":"c"}'],
    removed: ['{"before":', omitsNulls ? ',"op":"d"}' : ',"after":null,"op":"d"}'],
  });
}
