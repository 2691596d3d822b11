/** Rows out of batches, by code of one form of the columns: what a batch's columns look like repeats. */
import { type Column, type ColumnBatch, stringAt } from '../../model/column.ts';
import { type Row, rowInteger } from '../../model/row.ts';
import { type DataType, layoutOf } from '../../model/types.ts';
import { columnForm } from '../aggregate/column-reads.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';
import { isBytes } from '../codegen/fragment.ts';

/** A row of its own, which may be kept. */
export type ReadRow = (index: number) => Row;

type BindCode = (columns: readonly Column[]) => ReadRow;

export class RowReader {
  readonly #types: readonly DataType[];
  readonly #compiled = new Map<string, BindCode>();

  constructor(types: readonly DataType[]) {
    this.#types = types;
  }

  /** Reads the batch's rows, as long as it is there. */
  bind({ columns }: ColumnBatch): ReadRow {
    const used = columns.slice(0, this.#types.length);
    const form = used.map(columnForm).join();
    let code = this.#compiled.get(form);
    if (code === undefined) {
      code = compileReader(this.#types, used);
      this.#compiled.set(form, code);
    }
    return code(columns);
  }
}

function compileReader(types: readonly DataType[], sample: readonly Column[]): BindCode {
  const builder = new CodeBuilder();
  const values = types.map((type, i) => {
    const name = `column${i}`;
    builder.line(`const ${name} = columns[${i}];`);
    const column = sample[i]!;
    const value = valueSource(builder, column, type, name);
    if (column.nulls === null) return value;
    builder.line(`const ${name}Nulls = ${name}.nulls;`);
    return `${name}Nulls[i] === 1 ? null : ${value}`;
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
