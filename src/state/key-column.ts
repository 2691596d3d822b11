/**
 * Keys of a table, a column each, in pages of `pageRows` rows. What is appended lies behind the rows that are there, so that a page's arrays
 * can be handed out with the number of rows that count. Where rows are removed and their places used again (state/chained-table.ts), the
 * page is detached first.
 */
import type { Column, Nulls } from '../model/column.ts';
import { assert, EngineError } from '../model/errors.ts';
import { type DataType, formatType, layoutOf } from '../model/types.ts';
import { wideArray } from './cell-column.ts';
import { StringKeys } from './string-keys.ts';
import { firstPageCapacity, NullPages, pageMask, pageOf } from './table-page.ts';

export interface KeyColumn {
  /** The column that the indexes of `equals` and `append` mean from now on. */
  bind(column: Column): void;
  /** Whether the key of a stored row is that of the bound column's row `index`. NULL equals NULL. */
  equals(row: number, index: number): boolean;
  /** Stores the bound column's row `index` as `row`, which is the one after the last, or one that was removed. */
  append(row: number, index: number): void;
  /** The key of a row is no longer needed. */
  remove(row: number): void;
  /** Gives the page arrays of its own: those that were handed out stay as they are. */
  detach(page: number): void;
  /** The keys of a page; arrays shared. */
  page(page: number): Column;
  /** The keys of some rows, in arrays of their own. */
  gather(rows: Int32Array, count: number): Column;
  bytes(): number;
}

/** Throws EngineError UNSUPPORTED for nested types. */
export function createKeyColumn(type: DataType): KeyColumn {
  const layout = layoutOf(type);
  switch (layout) {
    case 'bool':
    case 'i32':
    case 'f64':
      return new FixedKeys(layout);
    case 'int':
      return new IntegerKeys(type);
    case 'string':
      return new StringKeys();
    case 'object':
      throw new EngineError('UNSUPPORTED', `grouping: keys of the type ${formatType(type)} are not supported`, {
        hint: 'Group by its fields or by a string made of it.',
      });
  }
}

type FixedArray = Uint8Array | Int32Array | Float64Array;

class FixedKeys implements KeyColumn {
  readonly #layout: 'bool' | 'i32' | 'f64';
  readonly #pages: FixedArray[] = [];
  readonly #nulls = new NullPages();
  #values: FixedArray = new Uint8Array(0);
  #boundNulls: Nulls = null;

  constructor(layout: 'bool' | 'i32' | 'f64') {
    this.#layout = layout;
  }

  bind(column: Column): void {
    assert(
      column.layout === this.#layout,
      () => `a key column of layout ${this.#layout} was bound to ${column.layout}`,
    );
    this.#values = column.values as FixedArray;
    this.#boundNulls = column.nulls;
  }

  equals(row: number, index: number): boolean {
    const isNull = this.#boundNulls !== null && this.#boundNulls[index] === 1;
    if (isNull || this.#nulls.isNull(row)) return isNull && this.#nulls.isNull(row);
    const stored = this.#pages[pageOf(row)]![row & pageMask]!;
    const value = this.#values[index]!;
    return stored === value || (Number.isNaN(stored) && Number.isNaN(value));
  }

  append(row: number, index: number): void {
    const page = pageOf(row);
    const offset = row & pageMask;
    let values = this.#pages[page];
    if (values === undefined || offset >= values.length) values = this.#grow(page, values);
    if (this.#boundNulls !== null && this.#boundNulls[index] === 1) this.#nulls.set(row);
    else values[offset] = this.#values[index]!;
  }

  remove(row: number): void {
    this.#nulls.clear(row);
  }

  detach(page: number): void {
    this.#pages[page] = this.#pages[page]!.slice();
    this.#nulls.detach(page);
  }

  page(page: number): Column {
    return this.#column(this.#pages[page]!, this.#nulls.page(page));
  }

  gather(rows: Int32Array, count: number): Column {
    const values = this.#allocate(count);
    for (let i = 0; i < count; i++) values[i] = this.#pages[pageOf(rows[i]!)]![rows[i]! & pageMask]!;
    return this.#column(values, this.#nulls.gather(rows, count));
  }

  bytes(): number {
    return this.#pages.reduce((sum, page) => sum + page.byteLength, 0);
  }

  #grow(page: number, values: FixedArray | undefined): FixedArray {
    const larger = this.#allocate(firstPageCapacity(page, values?.length ?? 0));
    if (values !== undefined) larger.set(values);
    this.#pages[page] = larger;
    return larger;
  }

  #allocate(capacity: number): FixedArray {
    if (this.#layout === 'bool') return new Uint8Array(capacity);
    return this.#layout === 'i32' ? new Int32Array(capacity) : new Float64Array(capacity);
  }

  #column(values: FixedArray, nulls: Nulls): Column {
    return { layout: this.#layout, values, nulls } as Column;
  }
}

type IntegerArray = Float64Array | BigInt64Array | bigint[];

/** Each page narrow until a key does not fit; the value decides, not the form that it came in. */
class IntegerKeys implements KeyColumn {
  readonly #type: DataType;
  readonly #pages: IntegerArray[] = [];
  readonly #nulls = new NullPages();
  #values: IntegerArray = [];
  #boundNulls: Nulls = null;

  constructor(type: DataType) {
    this.#type = type;
  }

  bind(column: Column): void {
    assert(column.layout === 'int', () => `a key column of integers was bound to ${column.layout}`);
    this.#values = column.values;
    this.#boundNulls = column.nulls;
  }

  equals(row: number, index: number): boolean {
    const isNull = this.#boundNulls !== null && this.#boundNulls[index] === 1;
    if (isNull || this.#nulls.isNull(row)) return isNull && this.#nulls.isNull(row);
    const stored = this.#pages[pageOf(row)]![row & pageMask]!;
    const value = this.#values[index]!;
    return typeof stored === typeof value ? stored === value : BigInt(stored) === BigInt(value);
  }

  append(row: number, index: number): void {
    const page = pageOf(row);
    const offset = row & pageMask;
    const isNull = this.#boundNulls !== null && this.#boundNulls[index] === 1;
    const value = isNull ? 0 : narrowed(this.#values[index]!);
    let values = this.#pages[page];
    if (values === undefined || offset >= values.length) values = this.#grow(page, values);
    if (typeof value === 'bigint' && values instanceof Float64Array) values = this.#widen(page, values);
    if (isNull) this.#nulls.set(row);
    store(values, offset, value);
  }

  remove(row: number): void {
    this.#nulls.clear(row);
  }

  detach(page: number): void {
    this.#pages[page] = this.#pages[page]!.slice();
    this.#nulls.detach(page);
  }

  page(page: number): Column {
    return columnOf(this.#pages[page]!, this.#nulls.page(page));
  }

  gather(rows: Int32Array, count: number): Column {
    const isWide = this.#pages.some((page) => !(page instanceof Float64Array));
    const values = isWide ? wideArray(this.#type, count) : new Float64Array(count);
    for (let i = 0; i < count; i++) store(values, i, this.#pages[pageOf(rows[i]!)]![rows[i]! & pageMask]!);
    return columnOf(values, this.#nulls.gather(rows, count));
  }

  bytes(): number {
    return this.#pages.reduce((sum, page) => sum + page.length * 8, 0);
  }

  #grow(page: number, values: IntegerArray | undefined): IntegerArray {
    const capacity = firstPageCapacity(page, values?.length ?? 0);
    const isWide = values !== undefined && !(values instanceof Float64Array);
    const larger = isWide ? wideArray(this.#type, capacity) : new Float64Array(capacity);
    for (const [i, value] of (values ?? []).entries()) store(larger, i, value);
    this.#pages[page] = larger;
    return larger;
  }

  #widen(page: number, values: Float64Array): IntegerArray {
    const wide = wideArray(this.#type, values.length);
    for (let i = 0; i < values.length; i++) wide[i] = BigInt(values[i]!);
    this.#pages[page] = wide;
    return wide;
  }
}

function narrowed(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function store(values: IntegerArray, index: number, value: number | bigint): void {
  if (values instanceof Float64Array) values[index] = Number(value);
  else values[index] = BigInt(value);
}

function columnOf(values: IntegerArray, nulls: Nulls): Column {
  if (values instanceof Float64Array) return { layout: 'int', wide: false, values, nulls };
  return { layout: 'int', wide: true, values, nulls };
}
