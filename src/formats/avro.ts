/** The format avro, as Flink's: records without their schema, which is that of the table. */
import { type Column, type ColumnBatch, op, valueAt } from '../model/column.ts';
import type { DecodeFault, Decoder, DecoderContext, Encoder, EncoderContext, Format } from '../model/format.ts';
import type { OptionSpec, Options } from '../model/options.ts';
import type { Field } from '../model/types.ts';
import { type AvroType, parseAvroSchema } from './avro-library.ts';
import { type AvroConverter, AvroFault, columnReader } from './avro-read.ts';
import { avroSchemaOf } from './avro-schema.ts';
import { recordWriter } from './avro-write.ts';
import { RowBuffer } from './row-buffer.ts';

const timestampMappingSpec: OptionSpec = {
  key: 'timestamp_mapping.legacy',
  kind: 'boolean',
  default: 'true',
  description:
    'Whether TIMESTAMP is timestamp-millis and TIMESTAMP_LTZ nothing. false: local-timestamp-* and timestamp-*, up to microseconds.',
};

export const avroFormat: Format = {
  name: 'avro',
  lines: false,
  options: [
    {
      key: 'encoding',
      kind: 'enum',
      values: ['binary', 'json'],
      default: 'binary',
      description: "Avro's binary form or its JSON.",
    },
    {
      key: 'codec',
      kind: 'string',
      withoutEffect: true,
      description: 'The compression of Avro files; records have none.',
    },
    timestampMappingSpec,
  ],
  createDecoder: (ctx) => new AvroDecoder(ctx),
  createEncoder: (ctx) => createAvroEncoder(ctx),
};

function tableSchema(fields: readonly Field[], options: Options): AvroType {
  return parseAvroSchema(avroSchemaOf(fields, options.boolean('timestamp_mapping.legacy')), "format 'avro'");
}

/** A record as a value of the schema that it was written with. Throws AvroFault. */
export function avroValue(
  written: AvroType,
  bytes: Uint8Array,
  start: number,
  end: number,
  encoding: 'binary' | 'json' = 'binary',
): unknown {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  return encoding === 'binary' ? binaryValue(written, record) : jsonValue(written, record);
}

function binaryValue(written: AvroType, record: Buffer): unknown {
  try {
    const { value, offset } = written.decode(record, 0);
    if (offset >= 0) return value;
  } catch (cause) {
    throw new AvroFault(`expected an Avro record, found bytes that are none: ${(cause as Error).message}`);
  }
  throw new AvroFault(`expected an Avro record, found the end after ${record.length} bytes`);
}

function jsonValue(written: AvroType, record: Buffer): unknown {
  try {
    return written.fromString(record.toString('utf8'));
  } catch (cause) {
    throw new AvroFault(`expected an Avro record as JSON: ${(cause as Error).message}`);
  }
}

class AvroDecoder implements Decoder {
  readonly #written: AvroType;
  readonly #encoding: 'binary' | 'json';
  readonly #readers: readonly AvroConverter[];
  readonly #buffer: RowBuffer;

  constructor(ctx: DecoderContext) {
    this.#written = tableSchema(ctx.table, ctx.options);
    this.#encoding = ctx.options.string('encoding') as 'binary' | 'json';
    this.#readers = ctx.columns.map(({ path, type }) => columnReader(this.#written, path, type));
    const types = ctx.columns.map(({ type }) => type);
    this.#buffer = new RowBuffer(types, ctx.batchRows, ctx.pool);
  }

  get rows(): number {
    return this.#buffer.rows;
  }

  take(): readonly Column[] {
    return this.#buffer.take();
  }

  decode(bytes: Uint8Array, start: number, end: number): DecodeFault | null {
    try {
      const value = avroValue(this.#written, bytes, start, end, this.#encoding);
      this.#buffer.add(
        op.insert,
        this.#readers.map((read) => read(value)),
      );
      return null;
    } catch (error) {
      if (!(error instanceof AvroFault)) throw error;
      return { message: error.message };
    }
  }
}

/** A row of a batch as a value of the schema, which the library encodes. */
export function avroRowWriter(
  schema: AvroType,
  fields: readonly Field[],
): (batch: ColumnBatch, row: number) => unknown {
  const write = recordWriter(schema, fields, '');
  const rowOf = avroRow(fields);
  return (batch, row) => write(rowOf(batch, row));
}

export function avroRow(fields: readonly Field[]): (batch: ColumnBatch, row: number) => unknown[] {
  return (batch, row) => fields.map(({ type }, i) => valueAt(batch.columns[i]!, type, row));
}

function createAvroEncoder({ fields, options }: EncoderContext): Encoder {
  const schema = tableSchema(fields, options);
  const write = avroRowWriter(schema, fields);
  const binary = options.string('encoding') === 'binary';
  return {
    encode: (batch, row) => {
      const value = write(batch, row);
      return binary ? schema.toBuffer(value) : Buffer.from(schema.toString(value));
    },
  };
}
