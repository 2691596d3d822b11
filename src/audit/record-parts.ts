import type { RecordHeaders } from '../kafka/batch-builder.ts';
import { RecordRun } from '../kafka/record-run.ts';

const initialBytes = 4_096;
const longestVarint = 5;
const encoder = new TextEncoder();

/** A record in parts, laid out as a run of one: for who hashes it before it is in a batch. Its bytes are used again for the next. */
export class RecordParts {
  readonly run = new RecordRun();
  #bytes = Buffer.allocUnsafeSlow(initialBytes);
  #at = 0;

  constructor() {
    const { run } = this;
    run.count = 1;
    for (const name of ['keyStarts', 'keyEnds', 'valueStarts', 'valueEnds', 'headerStarts'] as const)
      run[name] = new Int32Array(1);
  }

  set(key: Uint8Array | null, value: Uint8Array | null, headers: RecordHeaders): void {
    const { run } = this;
    this.#at = 0;
    run.keyStarts[0] = key === null ? -1 : this.#at;
    run.keyEnds[0] = key === null ? -1 : this.#put(key);
    run.valueStarts[0] = value === null ? -1 : this.#at;
    run.valueEnds[0] = value === null ? -1 : this.#put(value);
    run.headerStarts[0] = this.#at;
    this.#varint(headers.size);
    for (const [name, content] of headers) {
      this.#field(encoder.encode(name));
      this.#field(typeof content === 'string' ? encoder.encode(content) : content);
    }
    run.bytes = this.#bytes;
  }

  #field(bytes: Uint8Array | null): void {
    this.#varint(bytes === null ? -1 : bytes.length);
    if (bytes !== null) this.#put(bytes);
  }

  /** Where it ends. */
  #put(bytes: Uint8Array): number {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this.#at;
  }

  /** Zigzag. */
  #varint(value: number): void {
    this.#reserve(longestVarint);
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#at++] = (rest & 127) | 128;
    this.#bytes[this.#at++] = rest;
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + size));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
