/**
 * Column writers, a class a layout. Generated code stores into `values` directly where that is all there is to do, and calls the methods
 * elsewhere.
 */
import type { Column, IntColumn } from '../model/column.ts';
import type { StringPool } from '../model/string-pool.ts';
import { type DataType, layoutOf } from '../model/types.ts';
import { type ColumnWriter, grown, NullFlags } from './column-writer.ts';
import { StringWriter } from './string-writer.ts';

class BoolWriter implements ColumnWriter {
  values: Uint8Array;
  readonly #nulls: NullFlags;

  constructor(capacity: number) {
    this.values = new Uint8Array(capacity);
    this.#nulls = new NullFlags(capacity);
  }

  set(row: number, value: unknown): void {
    if (value === null) this.#nulls.set(row);
    else this.values[row] = value === true ? 1 : 0;
  }

  setNull(row: number): void {
    this.#nulls.set(row);
  }

  clearNull(row: number): void {
    this.#nulls.clear(row);
  }

  reserve(capacity: number): void {
    this.values = grown(this.values, new Uint8Array(capacity));
    this.#nulls.reserve(capacity);
  }

  column(): Column {
    return { layout: 'bool', values: this.values, nulls: this.#nulls.get() };
  }

  reset(rows: number): void {
    this.#nulls.reset(rows);
  }
}

/** Layouts `i32` and `f64`. */
export class NumberWriter implements ColumnWriter {
  values: Int32Array | Float64Array;
  readonly #layout: 'i32' | 'f64';
  readonly #nulls: NullFlags;

  constructor(layout: 'i32' | 'f64', capacity: number) {
    this.#layout = layout;
    this.values = layout === 'i32' ? new Int32Array(capacity) : new Float64Array(capacity);
    this.#nulls = new NullFlags(capacity);
  }

  set(row: number, value: unknown): void {
    if (value === null) this.#nulls.set(row);
    else this.values[row] = value as number;
  }

  setNull(row: number): void {
    this.#nulls.set(row);
  }

  clearNull(row: number): void {
    this.#nulls.clear(row);
  }

  reserve(capacity: number): void {
    this.values =
      this.#layout === 'i32'
        ? grown(this.values as Int32Array, new Int32Array(capacity))
        : grown(this.values as Float64Array, new Float64Array(capacity));
    this.#nulls.reserve(capacity);
  }

  column(): Column {
    return { layout: this.#layout, values: this.values, nulls: this.#nulls.get() } as Column;
  }

  reset(rows: number): void {
    this.#nulls.reset(rows);
  }
}

const maxInt64Digits = 18;

/** Exact integers: narrow until a value needs more, then wide to the end of the batch. */
export class IntWriter implements ColumnWriter {
  values: Float64Array;
  /** Generated code may store into `values` only while this is null. */
  wide: BigInt64Array | bigint[] | null = null;
  readonly #plainBigints: boolean;
  readonly #nulls: NullFlags;

  constructor(type: DataType, capacity: number) {
    this.values = new Float64Array(capacity);
    this.#plainBigints = type.kind === 'decimal' && type.precision > maxInt64Digits;
    this.#nulls = new NullFlags(capacity);
  }

  set(row: number, value: unknown): void {
    if (value === null) this.setNull(row);
    else this.put(row, value as number | bigint);
  }

  put(row: number, value: number | bigint): void {
    if (this.wide === null) {
      const narrow = Number(value);
      if (Number.isSafeInteger(narrow)) {
        this.values[row] = narrow;
        return;
      }
      this.wide = this.#widened(row);
    }
    this.wide[row] = BigInt(value);
  }

  #widened(rows: number): BigInt64Array | bigint[] {
    const capacity = this.values.length;
    const wide = this.#plainBigints ? new Array<bigint>(capacity).fill(0n) : new BigInt64Array(capacity);
    for (let i = 0; i < rows; i++) if (!this.#nulls.has(i)) wide[i] = BigInt(this.values[i]!);
    return wide;
  }

  setNull(row: number): void {
    this.#nulls.set(row);
    if (this.wide !== null) this.wide[row] = 0n;
  }

  clearNull(row: number): void {
    this.#nulls.clear(row);
  }

  reserve(capacity: number): void {
    this.values = grown(this.values, new Float64Array(capacity));
    if (this.wide instanceof BigInt64Array) {
      const wide = new BigInt64Array(capacity);
      wide.set(this.wide);
      this.wide = wide;
    }
    this.#nulls.reserve(capacity);
  }

  column(): IntColumn {
    const nulls = this.#nulls.get();
    if (this.wide === null) return { layout: 'int', wide: false, values: this.values, nulls };
    return { layout: 'int', wide: true, values: this.wide, nulls };
  }

  reset(rows: number): void {
    this.wide = null;
    this.#nulls.reset(rows);
  }
}

class ObjectWriter implements ColumnWriter {
  #values: unknown[] = [];
  readonly #nulls: NullFlags;

  constructor(capacity: number) {
    this.#nulls = new NullFlags(capacity);
  }

  set(row: number, value: unknown): void {
    if (value === null) this.#nulls.set(row);
    this.#values[row] = value;
  }

  setNull(row: number): void {
    this.set(row, null);
  }

  clearNull(row: number): void {
    this.#nulls.clear(row);
  }

  reserve(capacity: number): void {
    this.#nulls.reserve(capacity);
  }

  column(): Column {
    return { layout: 'object', values: this.#values, nulls: this.#nulls.get() };
  }

  reset(rows: number): void {
    this.#values = [];
    this.#nulls.reset(rows);
  }
}

export function columnWriter(type: DataType, capacity: number, pool: StringPool): ColumnWriter {
  const layout = layoutOf(type);
  switch (layout) {
    case 'bool':
      return new BoolWriter(capacity);
    case 'i32':
    case 'f64':
      return new NumberWriter(layout, capacity);
    case 'int':
      return new IntWriter(type, capacity);
    case 'string':
      return new StringWriter(capacity, pool);
    case 'object':
      return new ObjectWriter(capacity);
  }
}
