/** The raw format, as Flink's: the record's bytes are the value of the one column, a STRING's as well, UTF-8 or not. */
import { bytesAt, type Column, type ColumnBatch, valueAt } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { DecodeFault, Decoder, DecoderContext, Encoder, EncoderContext, Format } from '../model/format.ts';
import type { Options } from '../model/options.ts';
import { type DataType, type Field, formatType } from '../model/types.ts';
import type { ColumnWriter } from './column-writer.ts';
import { columnWriter } from './column-writers.ts';
import { unsupportedType } from './text-convert.ts';

export const rawFormat: Format = {
  name: 'raw',
  options: [
    { key: 'charset', kind: 'enum', values: ['UTF-8'], default: 'UTF-8', description: 'How strings are encoded.' },
    {
      key: 'endianness',
      kind: 'enum',
      values: ['big-endian', 'little-endian'],
      default: 'big-endian',
      description: 'The order of the bytes of a number.',
    },
  ],
  createDecoder: (ctx) => new RawDecoder(ctx),
  createEncoder: createRawEncoder,
};

type Codec = Readonly<{
  /** Bytes of a value; null: any number. */
  size: number | null;
  read: (view: DataView) => unknown;
  write: (view: DataView, value: unknown) => void;
}>;

/** Numbers by their Java layout; of strings and bytes only that they have no size. */
function codecOf(type: DataType, options: Options): Codec {
  const little = options.string('endianness') === 'little-endian';
  switch (type.kind) {
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return { size: null, read: () => null, write: () => undefined };
    case 'boolean':
      return { size: 1, read: (view) => view.getInt8(0) !== 0, write: (view, value) => view.setInt8(0, value ? 1 : 0) };
    case 'tinyint':
      return { size: 1, read: (view) => view.getInt8(0), write: (view, value) => view.setInt8(0, value as number) };
    case 'smallint':
      return {
        size: 2,
        read: (view) => view.getInt16(0, little),
        write: (view, value) => view.setInt16(0, value as number, little),
      };
    case 'int':
      return {
        size: 4,
        read: (view) => view.getInt32(0, little),
        write: (view, value) => view.setInt32(0, value as number, little),
      };
    case 'bigint':
      return {
        size: 8,
        read: (view) => view.getBigInt64(0, little),
        write: (view, value) => view.setBigInt64(0, BigInt(value as number | bigint), little),
      };
    case 'float':
      return {
        size: 4,
        read: (view) => view.getFloat32(0, little),
        write: (view, value) => view.setFloat32(0, value as number, little),
      };
    case 'double':
      return {
        size: 8,
        read: (view) => view.getFloat64(0, little),
        write: (view, value) => view.setFloat64(0, value as number, little),
      };
    default:
      throw unsupportedType('raw', type);
  }
}

function onlyField(fields: readonly Field[]): Field {
  if (fields.length === 1) return fields[0]!;
  const names = fields.map(({ name }) => `\`${name}\``).join(', ');
  throw new EngineError(
    'SQL_VALIDATION',
    `format 'raw': expected one physical column, got ${fields.length}: ${names}`,
    {
      hint: 'Declare a single column, or use another format.',
    },
  );
}

class RawDecoder implements Decoder {
  readonly #type: DataType;
  readonly #codec: Codec;
  /** null: the column is not wanted, rows are only counted. */
  readonly #writer: ColumnWriter | null;
  #capacity: number;
  #rows = 0;
  #taken = false;

  constructor(ctx: DecoderContext) {
    this.#type = onlyField(ctx.table).type;
    this.#codec = codecOf(this.#type, ctx.options);
    this.#capacity = ctx.batchRows;
    this.#writer = ctx.columns.length === 0 ? null : columnWriter(this.#type, ctx.batchRows, ctx.pool);
  }

  get rows(): number {
    return this.#taken ? 0 : this.#rows;
  }

  take(): readonly Column[] {
    this.#begin();
    this.#taken = true;
    return this.#writer === null ? [] : [this.#writer.column(this.#rows)];
  }

  #begin(): void {
    if (!this.#taken) return;
    this.#taken = false;
    this.#writer?.reset(this.#rows);
    this.#rows = 0;
  }

  decode(bytes: Uint8Array, start: number, end: number): DecodeFault | null {
    this.#begin();
    const { size } = this.#codec;
    if (size !== null && end - start !== size) {
      return { message: `expected ${size} bytes for ${formatType(this.#type)}, found ${end - start}` };
    }
    if (this.#rows === this.#capacity) this.#grow();
    this.#writer?.set(
      this.#rows,
      size === null
        ? bytes.subarray(start, end)
        : this.#codec.read(new DataView(bytes.buffer, bytes.byteOffset + start, size)),
    );
    this.#rows++;
    return null;
  }

  /** As Flink reads a record without a value. */
  decodeNothing(): void {
    this.#begin();
    if (this.#rows === this.#capacity) this.#grow();
    this.#writer?.setNull(this.#rows);
    this.#rows++;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#writer?.reserve(this.#capacity);
  }
}

function createRawEncoder(ctx: EncoderContext): Encoder {
  const { type } = onlyField(ctx.fields);
  const codec = codecOf(type, ctx.options);
  const bytes = new Uint8Array(codec.size ?? 0);
  const view = new DataView(bytes.buffer);
  return {
    encode(batch: ColumnBatch, row: number): Uint8Array | null {
      const column = batch.columns[0]!;
      if (column.nulls !== null && column.nulls[row] === 1) return null;
      if (column.layout === 'string') return bytesAt(column, row);
      codec.write(view, valueAt(column, type, row));
      return bytes;
    },
  };
}
