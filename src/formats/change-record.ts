/**
 * A record of a change data feed as rows with their kinds: what debezium-json, canal-json and maxwell-json have in common. A format says
 * which parts of the record are rows; their fields are read as by the JSON format.
 */
import type { Column } from '../model/column.ts';
import type { DecodeFault, Decoder, DecoderContext, FormatMetadata } from '../model/format.ts';
import type { OptionSpec } from '../model/options.ts';
import { type DataType, formatType } from '../model/types.ts';
import { type JsonConverter, jsonConverter } from './json-convert.ts';
import { JsonFault, type JsonNode, JsonReader } from './json-node.ts';
import { type JsonReadOptions, jsonOptionSpecs, type TimestampStandard } from './json-options.ts';
import { jsonText } from './json-text.ts';
import { RowBuffer } from './row-buffer.ts';

export type JsonObject = ReadonlyMap<string, JsonNode>;

/** A row of a record. Of an update's old row only what changed may be there: `rest` has the other fields. */
export type Change = Readonly<{ op: number; row: JsonNode; rest?: JsonNode | undefined }>;

export type ChangeFormat = Readonly<{
  /** `Debezium`: for messages. */
  title: string;
  /** The part of a record that changes and metadata are looked up in. Throws JsonFault. */
  payload: (root: JsonObject) => JsonObject;
  /** Throws JsonFault for what is no change; empty for what is passed over. */
  changes: (payload: JsonObject) => readonly Change[];
  /** A metadata column's value. */
  metadata: (wanted: FormatMetadata, payload: JsonObject, root: JsonObject) => unknown;
}>;

const ofChanges = new Set([
  'ignore-parse-errors',
  'timestamp-format.standard',
  'map-null-key.mode',
  'map-null-key.literal',
  'encode.decimal-as-plain-number',
  'encode.ignore-null-fields',
]);

/** The options that these formats share with JSON. */
export const changeOptionSpecs: readonly OptionSpec[] = jsonOptionSpecs.filter(({ key }) => ofChanges.has(key));

type Field = Readonly<{ path: readonly string[]; type: DataType; convert: JsonConverter }>;

export class ChangeDecoder implements Decoder {
  readonly #format: ChangeFormat;
  readonly #options: JsonReadOptions;
  readonly #fields: readonly Field[];
  readonly #metadata: readonly FormatMetadata[];
  readonly #buffer: RowBuffer;
  readonly #reader = new JsonReader();

  constructor(format: ChangeFormat, ctx: DecoderContext) {
    this.#format = format;
    this.#options = {
      failOnMissingField: false,
      ignoreParseErrors: ctx.options.boolean('ignore-parse-errors'),
      timestampStandard: ctx.options.string('timestamp-format.standard') as TimestampStandard,
    };
    this.#fields = ctx.columns.map(({ path, type }) => ({ path, type, convert: jsonConverter(type, this.#options) }));
    this.#metadata = ctx.metadata ?? [];
    const types = [...ctx.columns, ...this.#metadata].map(({ type }) => type);
    this.#buffer = new RowBuffer(types, ctx.batchRows, ctx.pool);
  }

  get rows(): number {
    return this.#buffer.rows;
  }

  get ops(): Uint8Array | null {
    return this.#buffer.ops;
  }

  take(): readonly Column[] {
    return this.#buffer.take();
  }

  decode(bytes: Uint8Array, start: number, end: number): DecodeFault | null {
    if (start === end) return null;
    try {
      this.#reader.reset(bytes, start, end);
      const root = this.#reader.read();
      this.#reader.end();
      this.#append(objectOf(root, 'the record'));
      return null;
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      return this.#options.ignoreParseErrors ? null : { message: `${this.#format.title} record: ${error.message}` };
    }
  }

  /** Every row is read before the first is written: a record counts as a whole. */
  #append(root: JsonObject): void {
    const payload = this.#format.payload(root);
    const changes = this.#format.changes(payload);
    const metadata = this.#metadata.map((wanted) => this.#format.metadata(wanted, payload, root));
    const rows = changes.map((change) => [...this.#fields.map((field) => fieldOf(field, change)), ...metadata]);
    for (const [i, row] of rows.entries()) this.#buffer.add(changes[i]!.op, row);
  }
}

function fieldOf({ path, type, convert }: Field, { row, rest }: Change): unknown {
  const own = objectOf(row, 'a row');
  const from = rest === undefined || own.has(path[0]!) ? own : objectOf(rest, 'a row');
  try {
    const value = convert(find(from, path));
    if (value === null && !type.nullable) throw new JsonFault(`expected a value for ${formatType(type)}, found none`);
    return value;
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new JsonFault(`field ${path.map((name) => `\`${name}\``).join('.')}: ${error.message}`);
  }
}

function find(row: JsonObject, path: readonly string[]): JsonNode {
  let node: JsonNode | undefined = row as Map<string, JsonNode>;
  for (const name of path) {
    if (!(node instanceof Map)) return null;
    node = node.get(name);
  }
  return node ?? null;
}

export function objectOf(node: JsonNode | undefined, what: string): JsonObject {
  if (node instanceof Map) return node;
  throw new JsonFault(`expected ${what} to be an object, found ${node === undefined ? 'none' : jsonText(node)}`);
}

/** The text of a field; null where it is missing or null. */
export function textOf(node: JsonNode | undefined): string | null {
  if (node === undefined || node === null) return null;
  return typeof node === 'string' ? node : jsonText(node);
}

export function unknownKind(field: string, node: JsonNode | undefined, known: readonly string[]): JsonFault {
  const found = node === undefined ? 'none' : jsonText(node);
  return new JsonFault(
    `unknown "${field}": expected one of ${known.map((each) => `"${each}"`).join(', ')}, found ${found}`,
  );
}

const metadataOptions: JsonReadOptions = {
  failOnMissingField: false,
  ignoreParseErrors: false,
  timestampStandard: 'SQL',
};

/** A field of the record as a metadata column; a timestamp is a number of ms there. */
export function metadataValue(type: DataType, node: JsonNode | undefined): unknown {
  if (node === undefined) return null;
  if (type.kind === 'timestamp_ltz') return jsonConverter({ kind: 'bigint', nullable: true }, metadataOptions)(node);
  return jsonConverter(type, metadataOptions)(node);
}
