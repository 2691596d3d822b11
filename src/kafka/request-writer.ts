const initialBytes = 512;
const smallestShared = 4_096; // less is quicker copied than written by itself

/** The bytes of a request, in the primitive types of the Kafka protocol guide. Grows as needed. Big-endian. */
export class RequestWriter {
  /** What is whole; `#buffer` follows. */
  readonly #chunks: Uint8Array[] = [];
  #chunksLength = 0;
  #buffer = Buffer.allocUnsafe(initialBytes);
  #length = 0;

  get length(): number {
    return this.#chunksLength + this.#length;
  }

  /** All bytes; they may be a view, valid until the next write. */
  bytes(): Buffer {
    const last = this.#buffer.subarray(0, this.#length);
    return this.#chunks.length === 0 ? last : Buffer.concat([...this.#chunks, last]);
  }

  /** The same without a copy, in pieces. */
  chunks(): readonly Uint8Array[] {
    return [...this.#chunks, this.#buffer.subarray(0, this.#length)];
  }

  #room(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }

  int8(value: number): this {
    const at = this.#room(1);
    this.#buffer.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#room(2);
    this.#buffer.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#room(4);
    this.#buffer.writeInt32BE(value, at);
    return this;
  }

  /** Writes over the int32 that the request begins with. */
  firstInt32(value: number): void {
    const first = this.#chunks[0] ?? this.#buffer;
    new DataView(first.buffer, first.byteOffset).setInt32(0, value);
  }

  /** An integer within ±(2^53 − 1). */
  int64(value: number): this {
    const at = this.#room(8);
    const high = Math.floor(value / 4294967296);
    this.#buffer.writeInt32BE(high, at);
    this.#buffer.writeUInt32BE(value - high * 4294967296, at + 4);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  unsignedVarint(value: number): this {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.#byte((rest & 127) | 128);
    return this.#byte(rest);
  }

  #byte(value: number): this {
    const at = this.#room(1);
    this.#buffer[at] = value;
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  /** STRING and NULLABLE_STRING of the older requests: an int16 length. */
  shortString(value: string | null): this {
    if (value === null) return this.int16(-1);
    const bytes = Buffer.from(value);
    return this.int16(bytes.length).raw(bytes);
  }

  /** COMPACT_STRING, COMPACT_NULLABLE_STRING. */
  string(value: string | null): this {
    return this.bytesField(value === null ? null : Buffer.from(value));
  }

  /** COMPACT_BYTES, COMPACT_NULLABLE_BYTES, COMPACT_RECORDS. */
  bytesField(value: Uint8Array | null): this {
    if (value === null) return this.unsignedVarint(0);
    return this.unsignedVarint(value.length + 1).raw(value);
  }

  /** COMPACT_RECORDS that are not copied: they must stay as they are until the request is answered, or has failed. */
  sharedRecords(value: Uint8Array): this {
    if (value.length < smallestShared) return this.bytesField(value);
    this.unsignedVarint(value.length + 1);
    this.#chunks.push(this.#buffer.subarray(0, this.#length), value);
    this.#chunksLength += this.#length + value.length;
    this.#buffer = Buffer.allocUnsafe(initialBytes);
    this.#length = 0;
    return this;
  }

  /** UUID, as 32 hexadecimal digits. */
  uuid(value: string): this {
    return this.raw(Buffer.from(value, 'hex'));
  }

  /** COMPACT_ARRAY; an entry that is a structure ends itself with `tags`. */
  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.unsignedVarint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  nullArray(): this {
    return this.unsignedVarint(0);
  }

  /** The end of a structure: no tagged fields. */
  tags(): this {
    return this.unsignedVarint(0);
  }
}
