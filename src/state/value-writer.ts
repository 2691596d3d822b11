/** Columns of values in the forms of `Row`, written value by value into typed arrays that are used again. */
import { batchOf, type Column, type ColumnBatch, type Nulls } from '../model/column.ts';
import type { SqlValue } from '../model/function.ts';
import type { Row } from '../model/row.ts';
import { type DataType, type Field, layoutOf } from '../model/types.ts';
import { StringWriter } from './string-writer.ts';

export interface ValueWriter {
  /** `at` rises by one from 0, and stays below the capacity. */
  write(at: number, value: SqlValue): void;
  /** What was written, of `length` rows; its arrays are the writer's own and valid until it is cleared. */
  column(length: number): Column;
  clear(): void;
}

/** Strings lie as bytes of their own, so that no pool grows by them. */
export function createValueWriter(type: DataType, capacity: number): ValueWriter {
  switch (layoutOf(type)) {
    case 'bool':
      return new BoolWriter(capacity);
    case 'i32':
      return new Int32Writer(capacity);
    case 'f64':
      return new DoubleWriter(capacity);
    case 'int':
      return new IntegerWriter(capacity);
    case 'string':
      return new StringWriter(capacity);
    case 'object':
      return new ObjectWriter(capacity);
  }
}

/** Rows into a batch, of inserts. */
export class RowWriter {
  readonly #writers: readonly ValueWriter[];
  #length = 0;

  constructor(fields: readonly Field[], capacity: number) {
    this.#writers = fields.map(({ type }) => createValueWriter(type, capacity));
  }

  get length(): number {
    return this.#length;
  }

  /** The row that has the fields of `left` and behind them those of `right`. */
  add(left: Row, right: Row): void {
    const writers = this.#writers;
    const at = this.#length++;
    for (let i = 0; i < left.length; i++) writers[i]!.write(at, left[i]!);
    for (let i = left.length; i < writers.length; i++) writers[i]!.write(at, right[i - left.length]!);
  }

  batch(): ColumnBatch {
    const length = this.#length;
    return batchOf(
      length,
      this.#writers.map((writer) => writer.column(length)),
    );
  }
}

/** NULL flags, made with the first NULL. */
class NullFlags {
  readonly #capacity: number;
  #flags: Uint8Array | null = null;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  set(at: number): void {
    this.#flags ??= new Uint8Array(this.#capacity);
    this.#flags[at] = 1;
  }

  get nulls(): Nulls {
    return this.#flags;
  }

  clear(): void {
    this.#flags = null;
  }
}

class BoolWriter implements ValueWriter {
  readonly #values: Uint8Array;
  readonly #nulls: NullFlags;

  constructor(capacity: number) {
    this.#values = new Uint8Array(capacity);
    this.#nulls = new NullFlags(capacity);
  }

  write(at: number, value: SqlValue): void {
    if (value === null) this.#nulls.set(at);
    this.#values[at] = value === true ? 1 : 0;
  }

  column(): Column {
    return { layout: 'bool', values: this.#values, nulls: this.#nulls.nulls };
  }

  clear(): void {
    this.#nulls.clear();
  }
}

class Int32Writer implements ValueWriter {
  readonly #values: Int32Array;
  readonly #nulls: NullFlags;

  constructor(capacity: number) {
    this.#values = new Int32Array(capacity);
    this.#nulls = new NullFlags(capacity);
  }

  write(at: number, value: SqlValue): void {
    if (value === null) this.#nulls.set(at);
    else this.#values[at] = typeof value === 'number' ? value : Number(value);
  }

  column(): Column {
    return { layout: 'i32', values: this.#values, nulls: this.#nulls.nulls };
  }

  clear(): void {
    this.#nulls.clear();
  }
}

class DoubleWriter implements ValueWriter {
  readonly #values: Float64Array;
  readonly #nulls: NullFlags;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
    this.#nulls = new NullFlags(capacity);
  }

  write(at: number, value: SqlValue): void {
    if (value === null) this.#nulls.set(at);
    else this.#values[at] = typeof value === 'number' ? value : Number(value);
  }

  column(): Column {
    return { layout: 'f64', values: this.#values, nulls: this.#nulls.nulls };
  }

  clear(): void {
    this.#nulls.clear();
  }
}

/** Narrow until a bigint comes. */
class IntegerWriter implements ValueWriter {
  readonly #values: Float64Array;
  readonly #nulls: NullFlags;
  #wide: bigint[] | null = null;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
    this.#nulls = new NullFlags(capacity);
  }

  write(at: number, value: SqlValue): void {
    if (value === null) this.#nulls.set(at);
    if (this.#wide !== null || typeof value === 'bigint') this.#writeWide(at, value);
    else this.#values[at] = value === null ? 0 : (value as number);
  }

  column(length: number): Column {
    const { nulls } = this.#nulls;
    const wide = this.#wide;
    if (wide === null) return { layout: 'int', wide: false, values: this.#values, nulls };
    const values = wide.slice(0, length);
    const fits = values.every((value) => BigInt.asIntN(64, value) === value);
    return { layout: 'int', wide: true, values: fits ? BigInt64Array.from(values) : values, nulls };
  }

  clear(): void {
    this.#wide = null;
    this.#nulls.clear();
  }

  #writeWide(at: number, value: SqlValue): void {
    this.#wide ??= Array.from(this.#values.subarray(0, at), BigInt);
    this.#wide[at] = BigInt((value ?? 0) as number | bigint);
  }
}

class ObjectWriter implements ValueWriter {
  readonly #values: unknown[];
  readonly #nulls: NullFlags;

  constructor(capacity: number) {
    this.#values = new Array<unknown>(capacity).fill(null);
    this.#nulls = new NullFlags(capacity);
  }

  write(at: number, value: SqlValue): void {
    if (value === null) this.#nulls.set(at);
    this.#values[at] = value;
  }

  column(): Column {
    return { layout: 'object', values: this.#values, nulls: this.#nulls.nulls };
  }

  clear(): void {
    this.#nulls.clear();
  }
}
