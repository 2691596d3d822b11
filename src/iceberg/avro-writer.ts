/** Values to Avro's binary encoding (Avro specification 1.12, "Binary Encoding"), by schema. Records are keyed as in avro-reader.ts. */
import { assert } from '../model/errors.ts';
import type { AvroRecord, AvroValue } from './avro-reader.ts';
import { fieldKey } from './avro-reader.ts';
import type { AvroObject, AvroSchema } from './avro-schema.ts';

const encoder = new TextEncoder();

export class AvroWriter {
  #bytes = new Uint8Array(4096);
  #length = 0;
  readonly #names = new Map<string, AvroObject>();

  get length(): number {
    return this.#length;
  }

  /** What was written since the last call. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  write(schema: AvroSchema, value: AvroValue): void {
    if (Array.isArray(schema)) this.#union(schema, value);
    else if (typeof schema === 'string') this.#primitive(schema, value);
    else this.#complex(schema as AvroObject, value);
  }

  #complex(object: AvroObject, value: AvroValue): void {
    if (object.name !== undefined) this.#names.set(object.name, object);
    switch (object.type) {
      case 'record':
        for (const field of object.fields!) this.write(field.type, (value as AvroRecord)[fieldKey(field)] ?? null);
        return;
      case 'array':
        if (object.logicalType === 'map')
          this.#keyed(object.items as AvroObject, value as ReadonlyMap<AvroValue, AvroValue>);
        else this.#items(object.items!, value as readonly AvroValue[]);
        return;
      case 'fixed':
        this.#append(
          object.logicalType === 'decimal' ? wideBytes(value as bigint, object.size!) : (value as Uint8Array),
        );
        return;
      default:
        this.write(object.type, value);
    }
  }

  long(value: number | bigint): void {
    if (typeof value === 'number' && value >= -0x40000000 && value < 0x40000000) {
      let rest = ((value << 1) ^ (value >> 31)) >>> 0;
      for (; rest > 127; rest >>>= 7) this.#byte((rest & 127) | 128);
      this.#byte(rest);
      return;
    }
    const wide = BigInt(value);
    let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
    for (; rest > 127n; rest >>= 7n) this.#byte(Number(rest & 127n) | 128);
    this.#byte(Number(rest));
  }

  bytes(value: Uint8Array): void {
    this.long(value.length);
    this.#append(value);
  }

  /** A union of null and one type. */
  #union(branches: readonly AvroSchema[], value: AvroValue): void {
    const index = branches.findIndex((branch) => (branch === 'null') === (value === null));
    assert(index >= 0, () => `${JSON.stringify(branches)} has no branch for ${String(value)}`);
    this.long(index);
    this.write(branches[index]!, value);
  }

  #primitive(schema: string, value: AvroValue): void {
    switch (schema) {
      case 'null':
        return;
      case 'boolean':
        this.#byte(value === true ? 1 : 0);
        return;
      case 'int':
      case 'long':
        this.long(value as number | bigint);
        return;
      case 'float':
      case 'double': {
        const bytes = new Uint8Array(schema === 'float' ? 4 : 8);
        const view = new DataView(bytes.buffer);
        if (schema === 'float') view.setFloat32(0, value as number, true);
        else view.setFloat64(0, value as number, true);
        this.#append(bytes);
        return;
      }
      case 'string':
        this.bytes(encoder.encode(value as string));
        return;
      case 'bytes':
        this.bytes(value as Uint8Array);
        return;
      default: {
        const named = this.#names.get(schema);
        assert(named !== undefined, () => `Avro type '${schema}' is named before it is defined`);
        this.write(named, value);
      }
    }
  }

  #items(items: AvroSchema, values: readonly AvroValue[]): void {
    if (values.length > 0) this.long(values.length);
    for (const value of values) this.write(items, value);
    this.#byte(0);
  }

  #keyed(entry: AvroObject, values: ReadonlyMap<AvroValue, AvroValue>): void {
    const [key, value] = entry.fields!;
    if (values.size > 0) this.long(values.size);
    for (const [k, v] of values) {
      this.write(key!.type, k);
      this.write(value!.type, v);
    }
    this.#byte(0);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Big-endian two's complement in exactly `size` bytes. */
function wideBytes(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = size - 1, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}
