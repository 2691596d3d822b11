import { EngineError } from '../model/errors.ts';

/** Reads a response in the primitive types of the Kafka protocol guide. What goes beyond the end is an error, never garbage. */
export class ResponseReader {
  readonly bytes: Buffer;
  at: number;
  readonly #end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.at >= this.#end;
  }

  #take(size: number): number {
    const at = this.at;
    if (size < 0 || at + size > this.#end) {
      throw new EngineError(
        'CONNECTION',
        `a Kafka response ends at byte ${this.#end}: expected ${size} more from ${at} on`,
        {
          hint: 'Is that a Kafka broker? Check properties.bootstrap.servers and properties.security.protocol.',
        },
      );
    }
    this.at = at + size;
    return at;
  }

  int8(): number {
    return this.bytes.readInt8(this.#take(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#take(4));
  }

  /** Offsets, timestamps and ids: all within ±(2^53 − 1). */
  int64(): number {
    return readInt64(this.bytes, this.#take(8));
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.#take(1)]!;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new EngineError('CONNECTION', 'a Kafka response has a varint of more than 5 bytes');
  }

  shortString(): string {
    const length = this.int16();
    return length < 0 ? '' : this.#text(length);
  }

  /** COMPACT_NULLABLE_STRING. */
  nullableString(): string | null {
    const length = this.unsignedVarint();
    return length === 0 ? null : this.#text(length - 1);
  }

  string(): string {
    return this.nullableString() ?? '';
  }

  #text(length: number): string {
    const at = this.#take(length);
    return this.bytes.toString('utf8', at, at + length);
  }

  /** COMPACT_BYTES and COMPACT_RECORDS: passes over them and returns where they begin; `at` is their end. null: no bytes. */
  skipBytesField(): number | null {
    const length = this.unsignedVarint();
    return length === 0 ? null : this.#take(length - 1);
  }

  /** UUID, as 32 hexadecimal digits. */
  uuid(): string {
    const at = this.#take(16);
    return this.bytes.toString('hex', at, at + 16);
  }

  /** COMPACT_ARRAY, null as none. Bounded by the response's length: an entry has a byte or more. */
  array<T>(read: () => T): T[] {
    return this.#items(this.unsignedVarint() - 1, read);
  }

  /** ARRAY of the older responses: an int32 count. */
  shortArray<T>(read: () => T): T[] {
    return this.#items(this.int32(), read);
  }

  #items<T>(count: number, read: () => T): T[] {
    if (count > this.#end - this.at) this.#take(count);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }

  /** The end of a structure: passes over its tagged fields. */
  tags(): void {
    for (let count = this.unsignedVarint(); count > 0; count--) {
      this.unsignedVarint();
      this.#take(this.unsignedVarint());
    }
  }
}

/** A big-endian int64 as a number; exact within ±(2^53 − 1). */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 4294967296 + bytes.readUInt32BE(at + 4);
}
