/** Bytes of the audit's records, written and read again: varints (LEB128, unsigned, up to 2^53 − 1), 32-bit words big-endian, texts. */
import { EngineError } from '../model/errors.ts';

export class ByteEncoder {
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;

  /** A copy of what was written. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  byte(value: number): this {
    this.#room(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  int32(value: number): this {
    this.#room(4);
    this.#length = this.#bytes.writeInt32BE(value | 0, this.#length);
    return this;
  }

  varint(value: number): this {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 128);
    return this.byte(rest);
  }

  /** A number of either sign, zigzag. */
  signed(value: number): this {
    return this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  text(value: string): this {
    const bytes = Buffer.from(value);
    this.varint(bytes.length).#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  list<T>(items: readonly T[], write: (item: T, index: number) => void): this {
    this.varint(items.length);
    items.forEach(write);
    return this;
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + size));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Reads the same. What does not fit is BAD_RECORD, never garbage: `what` begins the message. */
export class ByteDecoder {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) {
        this.expect(value <= Number.MAX_SAFE_INTEGER, 'a number up to 2^53 − 1');
        return value;
      }
    }
    throw this.#damage('a number of at most 8 bytes');
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    const length = this.varint();
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  /** Bounded by the bytes that are left: an item has one or more. */
  list<T>(read: () => T): T[] {
    const length = this.varint();
    this.expect(length <= this.#bytes.length - this.#at, `${length} items`);
    return Array.from({ length }, read);
  }

  /** Nothing may follow. */
  end(): void {
    this.expect(this.#at === this.#bytes.length, 'the end');
  }

  expect(holds: boolean, expected: string): void {
    if (!holds) throw this.#damage(expected);
  }

  #take(size: number): number {
    const at = this.#at;
    this.expect(size <= this.#bytes.length - at, `${size} more bytes`);
    this.#at = at + size;
    return at;
  }

  #damage(expected: string): EngineError {
    return new EngineError(
      'BAD_RECORD',
      `${this.#what}: expected ${expected} before byte ${this.#at} of ${this.#bytes.length}`,
      {
        hint: 'It is damaged, or written by another version of Millrace.',
      },
    );
  }
}
