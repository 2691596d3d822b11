/** Strings (or byte strings, or null) as one buffer and ranges in it, written value by value. */
import type { BytesColumn } from '../model/column.ts';
import type { SqlValue } from '../model/function.ts';

const encoder = new TextEncoder();
const bytesPerCodeUnit = 3; // at most, in UTF-8
const keptBytes = 1 << 22; // of a buffer that had to grow for long strings
const shortText = 48; // code units up to which a loop is faster than a call of the encoder

export class StringWriter {
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #nulls: Uint8Array | null = null;
  #bytes: Uint8Array;
  #used = 0;
  #last: SqlValue = null;

  constructor(capacity: number) {
    this.#starts = new Int32Array(capacity);
    this.#ends = new Int32Array(capacity);
    this.#bytes = new Uint8Array(Math.max(64, capacity * 16));
  }

  /** A value that comes twice in a row lies in the buffer once. */
  write(at: number, value: SqlValue): void {
    if (value === null) {
      this.#nulls ??= new Uint8Array(this.#starts.length);
      this.#nulls[at] = 1;
      this.#starts[at] = this.#used;
      this.#ends[at] = this.#used;
    } else if (value === this.#last) {
      this.#starts[at] = this.#starts[at - 1]!;
      this.#ends[at] = this.#ends[at - 1]!;
      return;
    } else {
      this.#starts[at] = this.#used;
      if (typeof value === 'string') this.#putText(value);
      else this.#putBytes(value as Uint8Array);
      this.#ends[at] = this.#used;
    }
    this.#last = value;
  }

  column(): BytesColumn {
    const [bytes, starts, ends] = [this.#bytes, this.#starts, this.#ends];
    return { layout: 'string', encoding: 'bytes', bytes, starts, ends, nulls: this.#nulls };
  }

  clear(): void {
    if (this.#bytes.length > keptBytes) this.#bytes = new Uint8Array(keptBytes);
    this.#used = 0;
    this.#nulls = null;
    this.#last = null;
  }

  #putText(text: string): void {
    const { length } = text;
    const start = this.#used;
    this.#reserve(length * bytesPerCodeUnit);
    const bytes = this.#bytes;
    let i = 0;
    if (length <= shortText) {
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit >= 0x80) break;
        bytes[start + i] = unit;
      }
    }
    this.#used += i === length ? length : encoder.encodeInto(text, bytes.subarray(start)).written;
  }

  #putBytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#used);
    this.#used += value.length;
  }

  #reserve(count: number): void {
    const needed = this.#used + count;
    if (needed > this.#bytes.length) this.#bytes = grown(this.#bytes, needed);
  }
}

/** A larger copy of a buffer: at least doubled. */
export function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(bytes.length * 2, needed));
  larger.set(bytes);
  return larger;
}
