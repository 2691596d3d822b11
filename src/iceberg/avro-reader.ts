/**
 * Avro's binary encoding to values, by the writer's schema.
 *
 * A record is an object keyed by Iceberg's field ids (by name where there is none): names of fields changed between versions of Java
 * Iceberg, ids did not. int is a number, long and decimal a bigint, a `logicalType: map` array a Map.
 */
import { EngineError } from '../model/errors.ts';
import type { AvroField, AvroObject, AvroSchema } from './avro-schema.ts';
import { decodeDecimal } from './single-value.ts';

export type AvroRecord = Readonly<{ [key: string | number]: AvroValue }>;
export type AvroValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly AvroValue[]
  | ReadonlyMap<AvroValue, AvroValue>
  | AvroRecord;

export function fieldKey(field: AvroField): string | number {
  return field['field-id'] ?? field.name;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class AvroReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #names: Map<string, AvroObject>;
  #at = 0;

  /** `names` are the named types of the file, shared between its blocks. */
  constructor(bytes: Uint8Array, names: Map<string, AvroObject> = new Map()) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#names = names;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  read(schema: AvroSchema): AvroValue {
    if (Array.isArray(schema)) return this.read(schema[this.int()]!);
    if (typeof schema === 'string') return this.#primitive(schema);
    const object = schema as AvroObject;
    if (object.name !== undefined) this.#names.set(object.name, object);
    switch (object.type) {
      case 'record':
        return this.#record(object);
      case 'array':
        return object.logicalType === 'map' ? this.#keyed(object) : this.#items(object.items!);
      case 'map':
        return new Map(this.#blocks(() => [this.#text(), this.read(object.values!)] as const));
      case 'fixed':
        return decimalOr(object, this.take(object.size!));
      case 'enum':
        return object.symbols![this.int()]!;
      default:
        return decimalOr(object, this.read(object.type));
    }
  }

  int(): number {
    return Number(this.long());
  }

  long(): bigint {
    let low = 0; // the first 28 bits
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 127) << shift;
      if (byte < 128) return BigInt((low >>> 1) ^ -(low & 1));
    }
    let value = BigInt(low);
    for (let shift = 28n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
    }
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
  }

  /** A view. */
  take(length: number): Uint8Array {
    if (length < 0 || this.#at + length > this.#bytes.length) throw truncated();
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  #primitive(schema: string): AvroValue {
    switch (schema) {
      case 'null':
        return null;
      case 'boolean':
        return this.#byte() === 1;
      case 'int':
        return this.int();
      case 'long':
        return this.long();
      case 'float':
        this.take(4);
        return this.#view.getFloat32(this.#at - 4, true);
      case 'double':
        this.take(8);
        return this.#view.getFloat64(this.#at - 8, true);
      case 'string':
        return this.#text();
      case 'bytes':
        return this.take(this.int());
      default: {
        const named = this.#names.get(schema);
        if (named === undefined) throw new EngineError('IO', `Avro type '${schema}': it is not defined in the file`);
        return this.read(named);
      }
    }
  }

  #record(schema: AvroObject): AvroRecord {
    const record: { [key: string | number]: AvroValue } = {};
    for (const field of schema.fields!) record[fieldKey(field)] = this.read(field.type);
    return record;
  }

  #items(items: AvroSchema): AvroValue[] {
    return this.#blocks(() => this.read(items));
  }

  #keyed(schema: AvroObject): ReadonlyMap<AvroValue, AvroValue> {
    const entry = schema.items as AvroObject;
    if (entry.name !== undefined) this.#names.set(entry.name, entry);
    const [key, value] = entry.fields!;
    return new Map(this.#blocks(() => [this.read(key!.type), this.read(value!.type)] as const));
  }

  #blocks<T>(readOne: () => T): T[] {
    const values: T[] = [];
    for (let count = this.int(); count !== 0; count = this.int()) {
      if (count < 0) this.long(); // the block's size, for readers that skip
      for (let i = Math.abs(count); i > 0; i--) values.push(readOne());
    }
    return values;
  }

  #text(): string {
    return decoder.decode(this.take(this.int()));
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw truncated();
    return this.#bytes[this.#at++]!;
  }
}

function decimalOr(schema: AvroObject, value: AvroValue): AvroValue {
  return schema.logicalType === 'decimal' && value instanceof Uint8Array ? decodeDecimal(value) : value;
}

function truncated(): EngineError {
  return new EngineError('IO', 'Avro data: expected more bytes, found the end');
}
