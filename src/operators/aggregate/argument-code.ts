/** Code for the arguments of an aggregate: which rows count, and the values that they give. */
import type { CodeBuilder } from '../codegen/code-builder.ts';
import type { BoundAggregate } from './bound-aggregate.ts';
import type { ColumnReads } from './column-reads.ts';

/** FILTER, and the functions' rule for NULL, as an expression over row `row`; '' where every row counts. */
export function countsCode({ call, handlesNulls }: BoundAggregate, reads: ColumnReads, row: string): string {
  const tests = handlesNulls ? [] : call.args.map((arg) => reads.isNull(arg, row));
  const conditions = tests.filter((test) => test !== 'false').map((test) => `!(${test})`);
  if (call.filter !== null) conditions.unshift(filterCode(call.filter, reads, row));
  return conditions.join(' && ');
}

/** The names of the arguments' values, of a row that counts. */
export function argumentNames(
  builder: CodeBuilder,
  { call, argTypes, handlesNulls }: BoundAggregate,
  reads: ColumnReads,
  { row, wide }: Readonly<{ row: string; wide: boolean }>,
): string[] {
  return call.args.map((arg, i) => {
    const type = argTypes[i]!;
    const name = builder.name('arg');
    const value = handlesNulls ? reads.nullable(arg, type, row, wide) : reads.value(arg, type, row, wide);
    builder.line(`const ${name} = ${value};`);
    return name;
  });
}

function filterCode(column: number, reads: ColumnReads, row: string): string {
  const isNull = reads.isNull(column, row);
  const isTrue = reads.value(column, { kind: 'boolean', nullable: true }, row, false);
  return isNull === 'false' ? isTrue : `!(${isNull}) && ${isTrue}`;
}
