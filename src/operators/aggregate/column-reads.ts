/** Reading the columns of a batch in generated code: one variant of code for each form that columns can have. */
import type { Column } from '../../model/column.ts';
import { bytesAt, stringAt } from '../../model/column.ts';
import type { DataType } from '../../model/types.ts';
import type { CodeBuilder } from '../codegen/code-builder.ts';
import { isBytes } from '../codegen/fragment.ts';

/** The form of a column, as far as code that reads it depends on it. Two columns of one form can be read by the same code. */
export function columnForm(column: Column): string {
  const nulls = column.nulls === null ? '' : '?';
  if (column.layout === 'string') return column.encoding + nulls;
  return (column.layout === 'int' && column.wide ? 'wide' : column.layout) + nulls;
}

/**
 * Hoists what a loop over rows needs of `columns`, an array of columns by that name in the code. Forms are taken from `sample`: the code
 * is right for batches whose columns have the same `columnForm`.
 */
export class ColumnReads {
  readonly #builder: CodeBuilder;
  readonly #columns: string;
  readonly #sample: readonly Column[];
  readonly #hoisted = new Map<number, string>();

  constructor(builder: CodeBuilder, columns: string, sample: readonly Column[]) {
    this.#builder = builder;
    this.#columns = columns;
    this.#sample = sample;
  }

  /** Whether the row's value is NULL: `'false'` where the column has none. */
  isNull(index: number, row: string): string {
    const name = this.#name(index);
    return this.#sample[index]!.nulls === null ? 'false' : `${name}Nulls[${row}] === 1`;
  }

  /** The value, not NULL, as model/function.ts says; integers as bigint in wide code. */
  value(index: number, type: DataType, row: string, wide: boolean): string {
    const name = this.#name(index);
    const column = this.#sample[index]!;
    switch (column.layout) {
      case 'bool':
        return `${name}Values[${row}] === 1`;
      case 'int':
        return wide && !column.wide ? `BigInt(${name}Values[${row}])` : `${name}Values[${row}]`;
      case 'string': {
        if (column.encoding === 'codes')
          return `${name}.pool.${isBytes(type) ? 'bytes' : 'string'}(${name}Values[${row}])`;
        const read = isBytes(type) ? bytesAt : stringAt;
        return `${this.#builder.capture('read', read)}(${name}, ${row})`;
      }
      default:
        return `${name}Values[${row}]`;
    }
  }

  /** As `value`, but null where it is NULL. */
  nullable(index: number, type: DataType, row: string, wide: boolean): string {
    const isNull = this.isNull(index, row);
    const value = this.value(index, type, row, wide);
    return isNull === 'false' ? value : `(${isNull} ? null : ${value})`;
  }

  #name(index: number): string {
    const known = this.#hoisted.get(index);
    if (known !== undefined) return known;
    const name = this.#builder.name('column');
    this.#hoisted.set(index, name);
    const column = this.#sample[index]!;
    this.#builder.hoist(`const ${name} = ${this.#columns}[${index}];`);
    if (column.layout !== 'string' || column.encoding === 'codes')
      this.#builder.hoist(`const ${name}Values = ${name}.values;`);
    if (column.nulls !== null) this.#builder.hoist(`const ${name}Nulls = ${name}.nulls;`);
    return name;
  }
}

/** Whether integers of this column can only be read by wide code. */
export function isWide(column: Column): boolean {
  return column.layout === 'int' && column.wide;
}
