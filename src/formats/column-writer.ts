/** The contract of a column being filled, a value at a time: what decoders write into. Arrays are reused from batch to batch. */
import type { Column, Nulls } from '../model/column.ts';

export interface ColumnWriter {
  /** A value as `valueAt` (model/column.ts) gives it, or null. */
  set(row: number, value: unknown): void;
  setNull(row: number): void;
  /** Forgets that the row was NULL: a record is given up, or a name comes twice. */
  clearNull(row: number): void;
  /** Room for at least `capacity` rows; those written stay. */
  reserve(capacity: number): void;
  /** The first `rows` rows, borrowed until `reset`. */
  column(rows: number): Column;
  /** Begins anew after `rows` rows. */
  reset(rows: number): void;
}

/** One byte a row; `any` stays false as long as there is no NULL, and then nothing has to be cleared. */
export class NullFlags {
  #flags: Uint8Array;
  #any = false;

  constructor(capacity: number) {
    this.#flags = new Uint8Array(capacity);
  }

  set(row: number): void {
    this.#flags[row] = 1;
    this.#any = true;
  }

  clear(row: number): void {
    this.#flags[row] = 0;
  }

  has(row: number): boolean {
    return this.#flags[row] === 1;
  }

  reserve(capacity: number): void {
    this.#flags = grown(this.#flags, new Uint8Array(capacity));
  }

  get(): Nulls {
    return this.#any ? this.#flags : null;
  }

  reset(rows: number): void {
    if (this.#any) this.#flags.fill(0, 0, Math.min(rows + 1, this.#flags.length));
    this.#any = false;
  }
}

export function grown<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
