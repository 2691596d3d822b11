/** A column that generated code writes: arrays that are used again for every batch. */
import type { Column, IntColumn, Nulls } from '../../model/column.ts';
import type { StringPool } from '../../model/string-pool.ts';
import { type DataType, layoutOf } from '../../model/types.ts';
import { ByteRanges } from './text-bytes.ts';

/** `text`: strings as bytes of their own, for what comes from bytes and would only fill the pool. */
export type OutputForm = 'values' | 'text';

type Values = Uint8Array | Int32Array | Float64Array | BigInt64Array | bigint[] | unknown[];

const maxLongDigits = 18; // decimals of more digits don't fit 64 bits

export class OutputColumn {
  readonly #type: DataType;
  readonly #pool: StringPool;
  #form: OutputForm = 'values';
  #wide = false;
  /** Read by the code at its start. */
  values: Values = [];
  nulls = new Uint8Array(0);
  ranges = new ByteRanges();
  /** Set by the code when it has written a NULL. */
  hasNulls = false;
  #narrow: Values | null = null;
  #wideValues: Values | null = null;

  constructor(type: DataType, pool: StringPool) {
    this.#type = type;
    this.#pool = pool;
  }

  /** Before a run: room for `rows`. */
  prepare(rows: number, form: OutputForm, wide: boolean): void {
    this.#form = form;
    this.#wide = wide && layoutOf(this.#type) === 'int';
    this.hasNulls = false;
    if (this.nulls.length < rows) this.nulls = new Uint8Array(rows);
    if (form === 'text') this.ranges.reset(rows);
    else if (this.#wide) this.values = this.#wideValues = reuse(this.#wideValues, rows, () => this.#allocateWide(rows));
    else this.values = this.#narrow = reuse(this.#narrow, rows, () => this.#allocate(rows));
  }

  /** After it: the first `rows` as a column. Wide integers that are all safe come back narrow. */
  column(rows: number): Column {
    const nulls: Nulls = this.hasNulls ? this.nulls : null;
    if (this.#form === 'text') {
      const { bytes, starts, ends } = this.ranges;
      return { layout: 'string', encoding: 'bytes', bytes, starts, ends, nulls };
    }
    switch (layoutOf(this.#type)) {
      case 'bool':
        return { layout: 'bool', values: this.values as Uint8Array, nulls };
      case 'i32':
        return { layout: 'i32', values: this.values as Int32Array, nulls };
      case 'f64':
        return { layout: 'f64', values: this.values as Float64Array, nulls };
      case 'int':
        return this.#integers(rows, nulls);
      case 'string':
        return { layout: 'string', encoding: 'codes', values: this.values as Int32Array, pool: this.#pool, nulls };
      case 'object':
        return { layout: 'object', values: this.values as unknown[], nulls };
    }
  }

  #integers(rows: number, nulls: Nulls): IntColumn {
    if (!this.#wide) return { layout: 'int', wide: false, values: this.values as Float64Array, nulls };
    const wide = this.values as BigInt64Array | bigint[];
    const narrow = reuse(this.#narrow, rows, () => new Float64Array(rows)) as Float64Array;
    this.#narrow = narrow;
    for (let i = 0; i < rows; i++) {
      if (nulls !== null && nulls[i] === 1) continue;
      const value = Number(wide[i]);
      if (!Number.isSafeInteger(value)) return { layout: 'int', wide: true, values: wide, nulls };
      narrow[i] = value;
    }
    return { layout: 'int', wide: false, values: narrow, nulls };
  }

  #allocate(rows: number): Values {
    switch (layoutOf(this.#type)) {
      case 'bool':
        return new Uint8Array(rows);
      case 'i32':
      case 'string':
        return new Int32Array(rows);
      case 'object':
        return new Array<unknown>(rows);
      default:
        return new Float64Array(rows);
    }
  }

  #allocateWide(rows: number): Values {
    const big = this.#type.kind === 'decimal' && this.#type.precision > maxLongDigits;
    return big ? new Array<bigint>(rows).fill(0n) : new BigInt64Array(rows);
  }
}

function reuse(values: Values | null, rows: number, allocate: () => Values): Values {
  return values !== null && values.length >= rows ? values : allocate();
}
