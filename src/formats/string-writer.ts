/**
 * A string column being filled: as codes of the pool while its values repeat, as bytes where they are mostly distinct (UUIDs would only
 * fill the pool). Decided by samples: the first rows, then again from time to time.
 */
import type { StringColumn } from '../model/column.ts';
import type { StringPool } from '../model/string-pool.ts';
import { type ColumnWriter, grown, NullFlags } from './column-writer.ts';

const sampleRows = 4096;
const rowsBetweenSamples = 1 << 18;
const mostlyDistinct = 0.5; // of the sample's rows

const encoder = new TextEncoder();
const shortCopy = 48; // bytes; below, a loop is quicker than a subarray

export class StringWriter implements ColumnWriter {
  readonly #pool: StringPool;
  readonly #nulls: NullFlags;
  #codes: Int32Array;
  #asBytes = false;
  #bytes = new Uint8Array(0);
  #length = 0;
  #starts = new Int32Array(0);
  #ends = new Int32Array(0);
  readonly #sample = new Set<number>();
  #sampled = 0;
  #sampleGeneration = 0;
  #untilSample = 0;

  constructor(capacity: number, pool: StringPool) {
    this.#pool = pool;
    this.#codes = new Int32Array(capacity);
    this.#nulls = new NullFlags(capacity);
  }

  /** The value `source[start, end)`, copied. */
  put(row: number, source: Uint8Array, start: number, end: number): void {
    if (this.#asBytes) this.#append(row, source, start, end);
    else this.#codes[row] = this.#pool.intern(source, start, end);
  }

  #append(row: number, source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    let to = this.#length;
    if (to + length > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, new Uint8Array(Math.max(this.#bytes.length * 2, to + length)));
    }
    const bytes = this.#bytes;
    this.#starts[row] = to;
    if (length > shortCopy) bytes.set(source.subarray(start, end), to);
    else for (let i = start; i < end; i++) bytes[to++] = source[i]!;
    this.#length += length;
    this.#ends[row] = this.#length;
  }

  set(row: number, value: unknown): void {
    if (value === null) {
      this.setNull(row);
      return;
    }
    const bytes = typeof value === 'string' ? encoder.encode(value) : (value as Uint8Array);
    this.put(row, bytes, 0, bytes.length);
  }

  setNull(row: number): void {
    this.#nulls.set(row);
    if (this.#asBytes) this.#ends[row] = this.#starts[row]!;
    else this.#codes[row] = 0;
  }

  clearNull(row: number): void {
    this.#nulls.clear(row);
  }

  reserve(capacity: number): void {
    this.#codes = grown(this.#codes, new Int32Array(capacity));
    this.#nulls.reserve(capacity);
    if (this.#asBytes) this.#reserveRanges(capacity);
  }

  #reserveRanges(capacity: number): void {
    this.#starts = grown(this.#starts, new Int32Array(capacity));
    this.#ends = grown(this.#ends, new Int32Array(capacity));
  }

  column(rows: number): StringColumn {
    const nulls = this.#nulls.get();
    if (this.#asBytes) {
      return {
        layout: 'string',
        encoding: 'bytes',
        bytes: this.#bytes,
        starts: this.#starts,
        ends: this.#ends,
        nulls,
      };
    }
    this.#look(rows);
    return { layout: 'string', encoding: 'codes', values: this.#codes, pool: this.#pool, nulls };
  }

  /** Counts the distinct codes of a batch, when it is time for a sample. */
  #look(rows: number): void {
    this.#untilSample -= rows;
    if (this.#untilSample > 0) return;
    if (this.#sampleGeneration !== this.#pool.generation) this.#beginSample();
    const count = Math.min(rows, sampleRows - this.#sampled);
    for (let i = 0; i < count; i++) if (!this.#nulls.has(i)) this.#sample.add(this.#codes[i]!);
    this.#sampled += count;
  }

  #beginSample(): void {
    this.#sample.clear();
    this.#sampled = 0;
    this.#sampleGeneration = this.#pool.generation;
  }

  reset(rows: number): void {
    this.#nulls.reset(rows);
    this.#length = 0;
    if (this.#asBytes || this.#sampled < sampleRows) return;
    this.#asBytes = this.#sample.size > sampleRows * mostlyDistinct;
    if (this.#asBytes) this.#reserveRanges(this.#codes.length);
    this.#beginSample();
    this.#untilSample = rowsBetweenSamples;
  }
}
