/** The format canal-json, as Flink's (CanalJsonDeserializationSchema): arrays `data` and `old`, `type` INSERT, UPDATE, DELETE or CREATE. */
import { op } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { Format, FormatMetadata } from '../model/format.ts';
import type { Options } from '../model/options.ts';
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
import { JsonFault, type JsonNode } from './json-node.ts';

export const canalJsonFormat: Format = {
  name: 'canal-json',
  changes: true,
  options: [
    ...changeOptionSpecs,
    {
      key: 'database.include',
      kind: 'string',
      description: 'A regular expression: only changes of databases whose whole name matches are read.',
    },
    {
      key: 'table.include',
      kind: 'string',
      description: 'A regular expression: only changes of tables whose whole name matches are read.',
    },
  ],
  metadata: new Map([
    ['database', types.string()],
    ['table', types.string()],
    ['sql-type', types.map(types.string(), types.of('int'))],
    ['pk-names', types.array(types.string())],
    ['ingestion-timestamp', types.timestampLtz(3)],
    ['event-timestamp', types.timestampLtz(3)],
  ]),
  createDecoder: (ctx) => {
    const [database, table] = ['database.include', 'table.include'].map((key) => patternOf(key, ctx.options));
    const wanted = (root: JsonObject): boolean =>
      matches(database!, root.get('database')) && matches(table!, root.get('table'));
    return new ChangeDecoder(
      { title: 'Canal', payload: (root) => root, changes: (root) => (wanted(root) ? changes(root) : []), metadata },
      ctx,
    );
  },
  createEncoder: (ctx) =>
    createChangeEncoder(ctx, {
      added: ['{"data":[', '],"type":"INSERT"}'],
      removed: ['{"data":[', '],"type":"DELETE"}'],
    }),
};

function changes(root: JsonObject): readonly Change[] {
  const type = root.get('type');
  switch (textOf(type)) {
    case 'INSERT':
      return rowsOf(root, 'data').map((row) => ({ op: op.insert, row }));
    case 'UPDATE':
      return updates(rowsOf(root, 'data'), rowsOf(root, 'old'));
    case 'DELETE':
      return rowsOf(root, 'data').map((row) => ({ op: op.delete, row }));
    case 'CREATE': // the definition of a table
      return [];
    default:
      throw unknownKind('type', type, ['INSERT', 'UPDATE', 'DELETE', 'CREATE']);
  }
}

/** `old` has only what changed. */
function updates(rows: readonly JsonNode[], old: readonly JsonNode[]): Change[] {
  if (rows.length !== old.length) {
    throw new JsonFault(`expected as many rows in "old" as in "data", found ${old.length} and ${rows.length}`);
  }
  return rows.flatMap((row, i) => [
    { op: op.updateBefore, row: old[i]!, rest: row },
    { op: op.updateAfter, row },
  ]);
}

function rowsOf(root: JsonObject, field: string): readonly JsonNode[] {
  const rows = root.get(field);
  if (Array.isArray(rows)) return rows;
  throw new JsonFault(`expected "${field}" to be an array of rows, found ${textOf(rows) ?? 'none'}`);
}

function patternOf(key: string, options: Options): RegExp | null {
  const pattern = options.optionalString(key);
  if (pattern === undefined) return null;
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch (cause) {
    const expected = `option 'canal-json.${key}': expected a regular expression`;
    throw new EngineError('INVALID_OPTION', `${expected}, got '${pattern}'`, { cause });
  }
}

function matches(pattern: RegExp | null, name: JsonNode | undefined): boolean {
  return pattern === null || pattern.test(textOf(name) ?? '');
}

const metadataFields: Readonly<Record<string, string>> = {
  'sql-type': 'sqlType',
  'pk-names': 'pkNames',
  'ingestion-timestamp': 'ts',
  'event-timestamp': 'es',
};

function metadata({ key, type }: FormatMetadata, root: JsonObject): unknown {
  return metadataValue(type, root.get(metadataFields[key] ?? key));
}
