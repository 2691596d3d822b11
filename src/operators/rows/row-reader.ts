/** Rows out of batches, by code of one form of the columns: what a batch's columns look like repeats. */
import { type Column, type ColumnBatch, stringAt } from '../../model/column.ts';
import { type Row, rowInteger } from '../../model/row.ts';
import { type DataType, layoutOf } from '../../model/types.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';
import { isBytes } from '../codegen/fragment.ts';

/** A row of its own, which may be kept. */
export type ReadRow = (index: number) => Row;

const maxVariants = 256; // forms of columns are few; beyond this they are compiled anew

type BindCode = (columns: readonly Column[]) => ReadRow;

export class RowReader {
  readonly #types: readonly DataType[];
  readonly #compiled = new Map<string, BindCode>();

  constructor(types: readonly DataType[]) {
    this.#types = types;
  }

  /** Reads the batch's rows, as long as it is there. */
  bind({ columns }: ColumnBatch): ReadRow {
    const form = this.#types.map((_, i) => formOf(columns[i]!)).join();
    let code = this.#compiled.get(form);
    if (code === undefined) {
      if (this.#compiled.size >= maxVariants) this.#compiled.clear();
      code = compileReader(this.#types, columns);
      this.#compiled.set(form, code);
    }
    return code(columns);
  }
}

/** Whether there are NULLs is looked up: it changes from batch to batch, in each column by itself. */
function formOf(column: Column): string {
  if (column.layout === 'string') return column.encoding;
  return column.layout === 'int' && column.wide ? 'wide' : column.layout;
}

function compileReader(types: readonly DataType[], sample: readonly Column[]): BindCode {
  const builder = new CodeBuilder();
  const values = types.map((type, i) => {
    const name = `column${i}`;
    builder.line(`const ${name} = columns[${i}], ${name}Nulls = ${name}.nulls;`);
    const value = valueSource(builder, sample[i]!, type, name);
    return `${name}Nulls !== null && ${name}Nulls[i] === 1 ? null : ${value}`;
  });
  builder.line(`return (i) => [${values.join(', ')}];`);
  return builder.build('readRows', ['columns']);
}

function valueSource(builder: CodeBuilder, column: Column, type: DataType, name: string): string {
  if (column.layout === 'string' && column.encoding === 'bytes') {
    if (isBytes(type)) return `${name}.bytes.slice(${name}.starts[i], ${name}.ends[i])`; // a batch is borrowed
    return `${builder.capture('stringAt', stringAt)}(${name}, i)`;
  }
  builder.line(`const ${name}Values = ${name}.values;`);
  const value = `${name}Values[i]`;
  if (column.layout === 'string')
    return isBytes(type) ? `${name}.pool.bytes(${value}).slice()` : `${name}.pool.string(${value})`;
  if (column.layout === 'bool') return `${value} === 1`;
  const isWide = layoutOf(type) === 'int' && column.layout === 'int' && column.wide;
  return isWide ? `${builder.capture('rowInteger', rowInteger)}(${value})` : value;
}
