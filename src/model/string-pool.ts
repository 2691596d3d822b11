/**
 * The strings of one thread as small integers. Equal bytes have equal codes, so equality, grouping and memoised functions work on
 * integers. Codes never leave the thread: the exchange, state and snapshots carry bytes.
 *
 * Bounded: when `isFull()`, the task loop calls `releaseCodes` on every operator of the thread between two batches and then `clear()`.
 */
import { hashBytes } from './hash.ts';

const defaultMaxCodes = 1 << 20;
const defaultMaxBytes = 64 * 1024 * 1024;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // U+FEFF at a string's beginning belongs to it
const encoder = new TextEncoder();

export class StringPool {
  readonly #maxCodes: number;
  readonly #maxBytes: number;
  #slots = new Int32Array(8192); // open addressing: code + 1, 0 = empty
  #mask = 8191;
  #starts = new Int32Array(4097);
  #hashes = new Int32Array(4096);
  #arena = new Uint8Array(1 << 16);
  #size = 0;
  #texts: (string | undefined)[] = [];
  #generation = 0;

  constructor(limits: { maxCodes?: number; maxBytes?: number } = {}) {
    this.#maxCodes = limits.maxCodes ?? defaultMaxCodes;
    this.#maxBytes = limits.maxBytes ?? defaultMaxBytes;
  }

  get size(): number {
    return this.#size;
  }

  /** Rises when the pool is emptied: codes of an earlier generation mean nothing. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether the pool has reached its bound. It still takes strings: within one batch it may go beyond. */
  isFull(): boolean {
    return this.#size >= this.#maxCodes || this.#starts[this.#size]! >= this.#maxBytes;
  }

  clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
    this.#texts = [];
    this.#generation++;
  }

  /** The code of `source[start, end)`, which is copied when it is new. */
  intern(source: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const hash = hashBytes(source, start, end);
    let slot = hash & this.#mask;
    for (;;) {
      const code = this.#slots[slot]! - 1;
      if (code < 0) return this.#add(source, start, length, hash, slot);
      if (this.#hashes[code] === hash && this.#equals(code, source, start, length)) return code;
      slot = (slot + 1) & this.#mask;
    }
  }

  internString(text: string): number {
    const bytes = encoder.encode(text);
    return this.intern(bytes, 0, bytes.length);
  }

  /** Made once a code and kept. */
  string(code: number): string {
    let text = this.#texts[code];
    if (text === undefined) {
      text = decoder.decode(this.bytes(code));
      this.#texts[code] = text;
    }
    return text;
  }

  /** A view, valid until the next `intern`. */
  bytes(code: number): Uint8Array {
    return this.#arena.subarray(this.#starts[code], this.#starts[code + 1]);
  }

  /** Copies the bytes into `target`, which has room for them, from `at` on; gives back where they end. Faster than a view a string. */
  copyTo(code: number, target: Uint8Array, at: number): number {
    const start = this.#starts[code]!;
    const end = this.#starts[code + 1]!;
    const arena = this.#arena;
    for (let i = start, to = at; i < end; i++, to++) target[to] = arena[i]!;
    return at + end - start;
  }

  byteLength(code: number): number {
    return this.#starts[code + 1]! - this.#starts[code]!;
  }

  /** `hashBytes` of the string, remembered. */
  hash(code: number): number {
    return this.#hashes[code]!;
  }

  #equals(code: number, source: Uint8Array, start: number, length: number): boolean {
    const from = this.#starts[code]!;
    if (this.#starts[code + 1]! - from !== length) return false;
    const arena = this.#arena;
    for (let i = 0; i < length; i++) if (arena[from + i] !== source[start + i]) return false;
    return true;
  }

  #add(source: Uint8Array, start: number, length: number, hash: number, slot: number): number {
    const code = this.#size;
    const from = this.#starts[code]!;
    if (code + 1 >= this.#hashes.length) this.#growCodes();
    if (from + length > this.#arena.length) this.#growArena(from + length);
    for (let i = 0; i < length; i++) this.#arena[from + i] = source[start + i]!;
    this.#starts[code + 1] = from + length;
    this.#hashes[code] = hash;
    this.#slots[slot] = code + 1;
    this.#size = code + 1;
    if (this.#size * 2 > this.#mask) this.#growSlots();
    return code;
  }

  #growCodes(): void {
    const starts = new Int32Array(this.#hashes.length * 2 + 1);
    starts.set(this.#starts);
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#starts = starts;
    this.#hashes = hashes;
  }

  #growArena(needed: number): void {
    const arena = new Uint8Array(Math.max(this.#arena.length * 2, needed));
    arena.set(this.#arena);
    this.#arena = arena;
  }

  #growSlots(): void {
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(this.#mask + 1);
    for (let code = 0; code < this.#size; code++) {
      let slot = this.#hashes[code]! & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = code + 1;
    }
  }
}
