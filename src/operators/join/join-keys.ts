/** The key by which a row of one side finds those of the other. */
import { keyText, type Row } from '../../model/row.ts';
import type { Field } from '../../model/types.ts';

export class JoinKeys {
  readonly fields: readonly Field[];
  readonly #columns: readonly number[];
  /** Keys that equal nothing when they are NULL. */
  readonly #strict: readonly number[];

  /** `nullSafe`: of each key; `values`: of none is a NULL anything but a value. */
  constructor(columns: readonly number[], nullSafe: readonly boolean[] | 'values', fields: readonly Field[]) {
    this.#columns = columns;
    this.#strict = nullSafe === 'values' ? [] : columns.filter((_, i) => !nullSafe[i]);
    this.fields = columns.map((column) => fields[column]!);
  }

  /** null: a NULL in it keeps the row from matching anything. */
  textOf(row: Row): string | null {
    for (const column of this.#strict) if (row[column] === null) return null;
    return keyText(row, this.#columns);
  }

  rowOf(row: Row): Row {
    return this.#columns.map((column) => row[column]!);
  }
}
