/** The formats avro-confluent and debezium-avro-confluent, as Flink's: a zero, the schema's id in four bytes, an Avro record. */
import { type Column, type ColumnBatch, op } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { DecodeFault, Decoder, DecoderContext, Encoder, EncoderContext, Format } from '../model/format.ts';
import type { Options } from '../model/options.ts';
import { type Field, types } from '../model/types.ts';
import { avroRow, avroRowWriter, avroValue } from './avro.ts';
import { type AvroType, parseAvroSchema } from './avro-library.ts';
import { AvroFault, columnReader } from './avro-read.ts';
import { type AvroSchema, avroSchemaOf } from './avro-schema.ts';
import { recordWriter } from './avro-write.ts';
import { RowBuffer } from './row-buffer.ts';
import { registryConfig, registryOptionSpecs, SchemaRegistry } from './schema-registry.ts';

const headerBytes = 5;
const maxSchemas = 1_000; // Confluent's; beyond, the one that was met first is asked for again

type Rows = readonly (readonly [change: number, values: readonly unknown[]])[];

/** The rows of a record, made once for each schema that records were written with. */
type Plan = (written: AvroType, columns: DecoderContext['columns']) => (record: unknown) => Rows;

export const avroConfluentFormat: Format = {
  name: 'avro-confluent',
  lines: false,
  options: registryOptionSpecs,
  createDecoder: (ctx) => new ConfluentDecoder(ctx, 'avro-confluent', plainRows),
  createEncoder: (ctx) => {
    const { schema, type } = schemaOf(ctx.options, ctx.fields, 'avro-confluent');
    return new ConfluentEncoder(ctx, 'avro-confluent', { schema, type, value: avroRowWriter(type, ctx.fields) });
  },
};

export const debeziumAvroFormat: Format = {
  name: 'debezium-avro-confluent',
  lines: false,
  changes: true,
  options: registryOptionSpecs,
  createDecoder: (ctx) => new ConfluentDecoder(ctx, 'debezium-avro-confluent', debeziumRows),
  createEncoder: createDebeziumEncoder,
};

function plainRows(written: AvroType, columns: DecoderContext['columns']): (record: unknown) => Rows {
  const readers = columns.map(({ path, type }) => columnReader(written, path, type));
  return (record) => [[op.insert, readers.map((read) => read(record))]];
}

/** `before`, `after`, and `op` with c, r, u or d. */
function debeziumRows(written: AvroType, columns: DecoderContext['columns']): (record: unknown) => Rows {
  const kind = columnReader(written, ['op'], types.string());
  const images = ['before', 'after'].map((image) => {
    const present = columnReader(written, [image], types.row([]));
    const readers = columns.map(({ path, type }) => columnReader(written, [image, ...path], type));
    return (record: unknown) => (present(record) === null ? null : readers.map((read) => read(record)));
  });
  const [before, after] = images as [(record: unknown) => unknown[] | null, (record: unknown) => unknown[] | null];
  return (record) => {
    const code = kind(record);
    if (code === 'c' || code === 'r') return [[op.insert, imageOf(after(record), 'after', code)]];
    if (code === 'd') return [[op.delete, imageOf(before(record), 'before', 'DELETE')]];
    if (code !== 'u') throw new AvroFault(`unknown "op": expected one of "c", "r", "u", "d", found ${String(code)}`);
    return [
      [op.updateBefore, imageOf(before(record), 'before', 'UPDATE')],
      [op.updateAfter, imageOf(after(record), 'after', 'UPDATE')],
    ];
  };
}

function imageOf(row: unknown[] | null, image: string, what: string): unknown[] {
  if (row !== null) return row;
  throw new AvroFault(
    `the "${image}" field of ${what} message is null: if it comes from Debezium's Postgres connector, ` +
      'set the REPLICA IDENTITY of the Postgres table to FULL',
  );
}

/** The table's schema: the one that is given, or Flink's of the columns. */
function schemaOf(options: Options, fields: readonly Field[], name: string): { schema: AvroSchema; type: AvroType } {
  const given = options.optionalString('schema');
  const where = `format '${name}'`;
  const schema = given === undefined ? avroSchemaOf(fields, true) : parseJson(given, `${where}: option 'schema'`);
  return { schema, type: parseAvroSchema(schema, given === undefined ? where : `${where}: option 'schema'`) };
}

function parseJson(text: string, where: string): AvroSchema {
  try {
    return JSON.parse(text) as AvroSchema;
  } catch (cause) {
    throw new EngineError('INVALID_OPTION', `${where}: expected an Avro schema as JSON, got '${text}'`, { cause });
  }
}

class ConfluentDecoder implements Decoder {
  readonly #columns: DecoderContext['columns'];
  readonly #name: string;
  readonly #plan: Plan;
  readonly #registry: SchemaRegistry;
  readonly #buffer: RowBuffer;
  /** By the schema's id. */
  readonly #known = new Map<number, { written: AvroType; rows: (record: unknown) => Rows }>();
  #pending: Promise<void> | null = null;

  constructor(ctx: DecoderContext, name: string, plan: Plan) {
    this.#columns = ctx.columns;
    this.#name = name;
    this.#plan = plan;
    this.#registry = new SchemaRegistry(registryConfig(ctx.options, `format '${name}'`));
    const columnTypes = ctx.columns.map(({ type }) => type);
    this.#buffer = new RowBuffer(columnTypes, ctx.batchRows, ctx.pool);
    schemaOf(ctx.options, ctx.table, name); // what has no schema is refused, as in Flink
  }

  get rows(): number {
    return this.#buffer.rows;
  }

  get ops(): Uint8Array | null {
    return this.#buffer.ops;
  }

  get pending(): Promise<void> | null {
    return this.#pending;
  }

  take(): readonly Column[] {
    return this.#buffer.take();
  }

  decode(bytes: Uint8Array, start: number, end: number): DecodeFault | null {
    if (end - start < headerBytes || bytes[start] !== 0) {
      return {
        message: 'unknown data format: expected a zero and the id of a schema at the beginning, found other bytes',
      };
    }
    const id = new DataView(bytes.buffer, bytes.byteOffset + start + 1, 4).getInt32(0);
    const known = this.#known.get(id);
    if (known === undefined) {
      this.#pending = this.#fetch(id);
      this.#pending.catch(() => undefined); // said to whoever awaits it
      return null;
    }
    try {
      const rows = known.rows(avroValue(known.written, bytes, start + headerBytes, end));
      for (const [change, values] of rows) this.#buffer.add(change, values);
      return null;
    } catch (error) {
      if (!(error instanceof AvroFault)) throw error;
      return { message: `schema ${id}: ${error.message}` };
    }
  }

  async #fetch(id: number): Promise<void> {
    try {
      const schema = await this.#registry.schema(id);
      const written = parseAvroSchema(schema, `format '${this.#name}', schema ${id}`);
      if (this.#known.size >= maxSchemas) this.#known.delete(this.#known.keys().next().value!);
      this.#known.set(id, { written, rows: this.#plan(written, this.#columns) });
    } finally {
      this.#pending = null;
    }
  }
}

type Written = Readonly<{
  schema: AvroSchema;
  type: AvroType;
  value: (batch: ColumnBatch, row: number) => unknown;
}>;

class ConfluentEncoder implements Encoder {
  readonly #subject: string;
  readonly #registry: SchemaRegistry;
  readonly #written: Written;
  readonly #header = Buffer.alloc(headerBytes);

  constructor({ options, subject }: EncoderContext, name: string, written: Written) {
    const where = `format '${name}'`;
    const chosen = options.optionalString('subject') ?? subject;
    if (chosen === undefined) {
      throw new EngineError(
        'INVALID_OPTION',
        `${where}: option 'subject': expected the subject of the schema, got none`,
      );
    }
    this.#subject = chosen;
    this.#registry = new SchemaRegistry(registryConfig(options, where));
    this.#written = written;
  }

  async open(): Promise<void> {
    this.#header.writeInt32BE(await this.#registry.register(this.#subject, this.#written.schema), 1);
  }

  encode(batch: ColumnBatch, row: number): Uint8Array {
    const { type, value } = this.#written;
    return Buffer.concat([this.#header, type.toBuffer(value(batch, row))]);
  }
}

/** An update is written as the removal of its old row and its new row, as Flink does. */
function createDebeziumEncoder(ctx: EncoderContext): Encoder {
  const image = types.row(ctx.fields);
  const envelope: readonly Field[] = [
    { name: 'before', type: image },
    { name: 'after', type: image },
    { name: 'op', type: types.string() },
  ];
  const { schema, type } = schemaOf(ctx.options, envelope, 'debezium-avro-confluent');
  const write = recordWriter(type, envelope, '');
  const rowOf = avroRow(ctx.fields);
  const value = (batch: ColumnBatch, row: number): unknown => {
    const change = batch.ops === null ? op.insert : batch.ops[row]!;
    const own = rowOf(batch, row);
    return write(change === op.insert || change === op.updateAfter ? [null, own, 'c'] : [own, null, 'd']);
  };
  return new ConfluentEncoder(ctx, 'debezium-avro-confluent', { schema, type, value });
}
