/** Rows being gathered value by value, with the kind of each: what decoders have that read a whole record before they write it. */
import type { Column } from '../model/column.ts';
import type { StringPool } from '../model/string-pool.ts';
import type { DataType } from '../model/types.ts';
import { type ColumnWriter, grown } from './column-writer.ts';
import { columnWriter } from './column-writers.ts';

export class RowBuffer {
  readonly #writers: readonly ColumnWriter[];
  #capacity: number;
  #kinds: Uint8Array;
  #rows = 0;
  #hasChanges = false;
  #taken = false;
  #ops: Uint8Array | null = null;

  constructor(types: readonly DataType[], capacity: number, pool: StringPool) {
    this.#writers = types.map((type) => columnWriter(type, capacity, pool));
    this.#kinds = new Uint8Array(capacity);
    this.#capacity = capacity;
  }

  get rows(): number {
    return this.#taken ? 0 : this.#rows;
  }

  /** Of the rows that `take` gave last; null: all are inserts. */
  get ops(): Uint8Array | null {
    return this.#ops;
  }

  /** Values as `valueAt` (model/column.ts) gives them. `change`: a code of `op`. */
  add(change: number, values: readonly unknown[]): void {
    this.#begin();
    if (this.#rows === this.#capacity) this.#grow();
    for (let i = 0; i < this.#writers.length; i++) {
      const writer = this.#writers[i]!;
      writer.clearNull(this.#rows); // of a record that was given up
      writer.set(this.#rows, values[i] ?? null);
    }
    this.#kinds[this.#rows++] = change;
    if (change !== 0) this.#hasChanges = true;
  }

  /** Columns and `ops` are borrowed until the next `add`. */
  take(): readonly Column[] {
    this.#begin();
    this.#taken = true;
    this.#ops = this.#hasChanges ? this.#kinds.subarray(0, this.#rows) : null;
    return this.#writers.map((writer) => writer.column(this.#rows));
  }

  #begin(): void {
    if (!this.#taken) return;
    this.#taken = false;
    for (const writer of this.#writers) writer.reset(this.#rows);
    this.#rows = 0;
    this.#hasChanges = false;
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const writer of this.#writers) writer.reserve(this.#capacity);
    this.#kinds = grown(this.#kinds, new Uint8Array(this.#capacity));
  }
}
