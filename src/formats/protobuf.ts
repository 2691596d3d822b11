/**
 * The format protobuf, as Flink's: a message a record. Flink finds the message by a class that protoc has generated; here its schema is a
 * .proto file or a descriptor set, which an option of our own names.
 */
import { type Column, op, valueAt } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { DecodeFault, Decoder, DecoderContext, Encoder, EncoderContext, Format } from '../model/format.ts';
import type { Options } from '../model/options.ts';
import { type MessageType, messageType } from './protobuf-library.ts';
import { messageReader } from './protobuf-read.ts';
import { messageWriter } from './protobuf-write.ts';
import { RowBuffer } from './row-buffer.ts';

const where = "format 'protobuf'";

export const protobufFormat: Format = {
  name: 'protobuf',
  lines: false,
  options: [
    {
      key: 'message-class-name',
      kind: 'string',
      required: true,
      description: "The message: its name in the schema, or the name of protoc's Java class.",
    },
    {
      key: 'millrace.schema',
      kind: 'string',
      description: 'The path of a .proto file, or of a descriptor set of protoc. Flink reads the class instead.',
    },
    {
      key: 'ignore-parse-errors',
      kind: 'boolean',
      default: 'false',
      description: 'Whether a record that is no message is skipped, without trace.',
    },
    {
      key: 'read-default-values',
      kind: 'boolean',
      default: 'false',
      description: 'Whether a field that is not there is read as its default. Scalars of proto3 always are.',
    },
    {
      key: 'write-null-string-literal',
      kind: 'string',
      default: '',
      description: 'What is written for a NULL string within an array or a map.',
    },
  ],
  createDecoder: (ctx) => new ProtobufDecoder(ctx),
  createEncoder: createProtobufEncoder,
};

function messageOf(options: Options): MessageType {
  const path = options.optionalString('millrace.schema');
  const name = options.string('message-class-name');
  if (path !== undefined) return messageType(path, name, where);
  throw new EngineError('INVALID_OPTION', `${where}: option 'protobuf.millrace.schema' is required and is not set`, {
    hint: `There is no Java class '${name}' here: name the .proto file that it was made of, or a descriptor set.`,
  });
}

class ProtobufDecoder implements Decoder {
  readonly #message: MessageType;
  readonly #readers: readonly ((message: unknown) => unknown)[];
  readonly #ignoreErrors: boolean;
  readonly #buffer: RowBuffer;

  constructor({ columns, options, batchRows, pool }: DecoderContext) {
    this.#message = messageOf(options);
    this.#ignoreErrors = options.boolean('ignore-parse-errors');
    const rules = { readDefaults: options.boolean('read-default-values'), where };
    this.#readers = columns.map(({ path, type }) => messageReader(this.#message, path, type, rules));
    const types = columns.map(({ type }) => type);
    this.#buffer = new RowBuffer(types, batchRows, pool);
  }

  get rows(): number {
    return this.#buffer.rows;
  }

  take(): readonly Column[] {
    return this.#buffer.take();
  }

  decode(bytes: Uint8Array, start: number, end: number): DecodeFault | null {
    let message: unknown;
    try {
      message = this.#message.decode(bytes.subarray(start, end));
    } catch (error) {
      if (this.#ignoreErrors) return null;
      return {
        message: `expected a message ${this.#message.name}, found bytes that are none: ${(error as Error).message}`,
      };
    }
    this.#buffer.add(
      op.insert,
      this.#readers.map((read) => read(message)),
    );
    return null;
  }
}

function createProtobufEncoder({ fields, options }: EncoderContext): Encoder {
  const message = messageOf(options);
  const write = messageWriter(message, fields, { nullString: options.string('write-null-string-literal'), where });
  return {
    encode: (batch, row) => {
      const values = fields.map(({ type }, i) => valueAt(batch.columns[i]!, type, row));
      return message.encode(write(values)).finish();
    },
  };
}
