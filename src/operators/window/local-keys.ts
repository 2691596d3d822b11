/** Keys of the local half as small integers, which mean a key until the next `clear`. */
import type { CodeColumn, Column, ColumnBatch } from '../../model/column.ts';
import type { StringPool } from '../../model/string-pool.ts';
import type { DataType } from '../../model/types.ts';
import { hashKeys } from '../../state/key-group.ts';
import { KeyedTable } from '../../state/keyed-table.ts';

export interface LocalKeys {
  /** The number of each row's key. */
  numbers(batch: ColumnBatch): Int32Array;
  /** The key columns of some numbers. */
  columns(numbers: Int32Array, count: number): Column[];
  /** Whether so many keys are held that they should be cleared when no group names one. */
  isFull(): boolean;
  clear(): void;
}

/** A single string key in codes of the pool: the code is the number, −1 is NULL. Not to be kept when the pool is emptied. */
export class CodeKeys implements LocalKeys {
  readonly #column: number;
  #pool: StringPool | null = null;
  #numbers = new Int32Array(0);

  constructor(column: number) {
    this.#column = column;
  }

  numbers(batch: ColumnBatch): Int32Array {
    const column = batch.columns[this.#column] as CodeColumn;
    this.#pool = column.pool;
    const { values, nulls } = column;
    if (nulls === null) return values;
    if (this.#numbers.length < batch.length) this.#numbers = new Int32Array(batch.length);
    const numbers = this.#numbers;
    for (let i = 0; i < batch.length; i++) numbers[i] = nulls[i] === 1 ? -1 : values[i]!;
    return numbers;
  }

  columns(numbers: Int32Array, count: number): Column[] {
    const values = numbers.slice(0, count);
    const hasNull = values.includes(-1);
    const nulls = hasNull ? Uint8Array.from(values, (code) => (code < 0 ? 1 : 0)) : null;
    if (nulls !== null) for (let i = 0; i < count; i++) if (nulls[i] === 1) values[i] = 0;
    return [{ layout: 'string', encoding: 'codes', values, pool: this.#pool!, nulls }];
  }

  isFull(): boolean {
    return false;
  }

  clear(): void {}
}

const maxTableKeys = 1 << 17; // cleared at the next batch when there are more: about 10 MB of keys

/** Any keys, by value. */
export class TableKeys implements LocalKeys {
  readonly #columns: readonly number[];
  readonly #types: readonly DataType[];
  #table: KeyedTable;
  #hashes = new Int32Array(0);
  #rows = new Int32Array(0);

  constructor(columns: readonly number[], types: readonly DataType[]) {
    this.#columns = columns;
    this.#types = types;
    this.#table = new KeyedTable(types, []);
  }

  numbers(batch: ColumnBatch): Int32Array {
    if (this.#rows.length < batch.length) {
      this.#rows = new Int32Array(batch.length);
      this.#hashes = new Int32Array(batch.length);
    }
    const keys = this.#columns.map((column) => batch.columns[column]!);
    hashKeys(keys, batch.length, this.#hashes);
    this.#table.upsert(keys, this.#hashes, 0, batch.length, this.#rows);
    return this.#rows;
  }

  columns(numbers: Int32Array, count: number): Column[] {
    return this.#table.gatherKeys(numbers, count);
  }

  isFull(): boolean {
    return this.#table.size > maxTableKeys;
  }

  clear(): void {
    this.#table = new KeyedTable(this.#types, []);
  }
}
