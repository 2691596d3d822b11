/** What generated code has to know of a batch. Code is generated once a variant; a job meets one or two. */
import { type Column, type ColumnBatch, widen } from '../../model/column.ts';
import { type Field, layoutOf } from '../../model/types.ts';

export type BatchVariant = Readonly<{
  /** Whether integers are bigint. */
  wide: boolean;
  /** Whether any of the columns read has a NULL. */
  nulls: boolean;
  /** Which of the columns read hold strings as bytes. */
  bytes: ReadonlySet<number>;
  /** Whether rows come through a selection. */
  selected: boolean;
}>;

/** The columns that an expression reads, and how batches differ in them. */
export class BatchShape {
  readonly #strings: readonly number[];
  readonly #integers: readonly number[];
  readonly #read: readonly number[];
  #zeros = new Uint8Array(0);

  constructor(fields: readonly Field[], read: readonly number[]) {
    this.#read = read;
    this.#strings = read.filter((index) => layoutOf(fields[index]!.type) === 'string');
    this.#integers = read.filter((index) => layoutOf(fields[index]!.type) === 'int');
  }

  hasWideInput({ columns }: ColumnBatch): boolean {
    return this.#integers.some((index) => {
      const column = columns[index]!;
      return column.layout === 'int' && column.wide;
    });
  }

  variant({ columns }: ColumnBatch, wide: boolean, selected: boolean): BatchVariant {
    const inBytes = (index: number): boolean => {
      const column = columns[index]!;
      return column.layout === 'string' && column.encoding === 'bytes';
    };
    const nulls = this.#read.some((index) => columns[index]!.nulls !== null);
    return { wide, nulls, bytes: new Set(this.#strings.filter(inBytes)), selected };
  }

  /** The batch's columns in the form of the variant: for wide code the integers are widened. */
  columns(batch: ColumnBatch, wide: boolean): readonly Column[] {
    if (!wide || this.#integers.length === 0) return batch.columns;
    const columns = [...batch.columns];
    for (const index of this.#integers) {
      const column = columns[index]!;
      if (column.layout === 'int') columns[index] = widen(column, batch.length);
    }
    return columns;
  }

  /** Null flags for columns without any, of at least `length` rows. */
  zeros(length: number): Uint8Array {
    if (this.#zeros.length < length) this.#zeros = new Uint8Array(length);
    return this.#zeros;
  }
}

export function variantKey({ wide, nulls, bytes, selected }: BatchVariant): string {
  return `${wide ? 'wide' : 'narrow'} ${nulls ? 'nulls' : ''} ${selected ? 'selected' : ''} ${[...bytes].join()}`;
}
