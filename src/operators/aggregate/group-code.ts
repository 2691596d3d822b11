/**
 * Code that adds rows to the accumulators of their groups and writes what follows: the results before and after each row. Narrow code stops at
 * a row that leaves an integer which is not exact, before anything of the row is written.
 */
import type { Column } from '../../model/column.ts';
import { op } from '../../model/column.ts';
import { type DataType, layoutOf } from '../../model/types.ts';
import type { TablePage } from '../../state/keyed-table.ts';
import { pageMask, pageShift } from '../../state/table-page.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';
import { hasNullFlags, inexactCode } from './accumulator-code.ts';
import { argumentNames, countsCode } from './argument-code.ts';
import type { BoundAggregate } from './bound-aggregate.ts';
import { ColumnReads } from './column-reads.ts';

/** What comes out of some rows: changes of groups, in the order of the rows. */
export type GroupChanges = {
  length: number;
  /** Whether there is more than inserts. */
  hasUpdates: boolean;
  readonly ops: Uint8Array;
  /** The input row of each change. */
  readonly rows: Int32Array;
  /** Of each aggregate; strings as themselves. */
  readonly values: unknown[];
  readonly nulls: (Uint8Array | null)[];
  /** Whether there are NULLs, of each aggregate. */
  readonly hasNulls: Uint8Array;
  /** The number of the first group that has no row yet. */
  nextGroup: number;
  /** The aggregate whose integers have to become wide before code can go on; −1: none. */
  inexact: number;
};

/** Takes rows [from, to); `groups` has the group of each. Gives `to`, or the row at which it stopped. */
export type GroupCode = (
  pages: readonly TablePage[],
  groups: Int32Array,
  columns: readonly Column[],
  from: number,
  to: number,
  changes: GroupChanges,
) => number;

/** Names of variables: with an aggregate's cells, with its result before and after the row, and with the arrays that results are written to. */
type Variables = Readonly<{ cells: readonly string[]; before: string; after: string; values: string; nulls: string }>;

/** For columns of the forms of `sample`. `wide`: of each aggregate, whether its integers are bigints. */
export function compileGroups(
  aggregates: readonly BoundAggregate[],
  sample: readonly Column[],
  wide: readonly boolean[],
): GroupCode {
  const builder = new CodeBuilder();
  const reads = new ColumnReads(builder, 'columns', sample);
  builder.hoist('let { length, nextGroup, hasUpdates } = changes;\nconst { ops: kinds, rows, hasNulls } = changes;');
  const leave = 'changes.length = length; changes.nextGroup = nextGroup; changes.hasUpdates = hasUpdates;';
  builder.line('for (let i = from; i < to; i++) {');
  builder.line(`const group = groups[i], cells = pages[group >>> ${pageShift}].cells, place = group & ${pageMask};`);
  const variables = aggregates.map((aggregate, number) => {
    const own = applyRow(builder, aggregate, reads, { number, wide: wide[number]! });
    const inexact = wide[number]! ? [] : inexactParts(aggregate, own);
    if (inexact.length > 0) {
      builder.line(`if (${inexact.join(' || ')}) { ${leave} changes.inexact = ${number}; return i; }`);
    }
    return own;
  });
  builder.line('cells[0].values[place]++;'); // the group's rows
  for (const [number, own] of variables.entries()) storeCells(builder, aggregates[number]!, own);
  const write = (which: 'before' | 'after', kind: number): string => {
    const results = variables.map((own, number) => writeResult(aggregates[number]!.call.type, number, own, which));
    return [`kinds[length] = ${kind}; rows[length] = i;`, ...results, 'length++;'].join('\n');
  };
  builder.line(`if (group === nextGroup) {\nnextGroup++;\n${write('after', op.insert)}\n}`);
  if (variables.length > 0) {
    builder.line(`else if (${variables.map(hasChanged).join(' || ')}) {\nhasUpdates = true;`);
    builder.line(`${write('before', op.updateBefore)}\n${write('after', op.updateAfter)}\n}`);
  }
  builder.line(`}\n${leave}\nreturn to;`);
  return builder.build('addToGroups', ['pages', 'groups', 'columns', 'from', 'to', 'changes']);
}

/** NaN is itself. */
function hasChanged({ before, after }: Variables): string {
  return `(${after} !== ${before} && (${after} === ${after} || ${before} === ${before}))`;
}

function applyRow(
  builder: CodeBuilder,
  aggregate: BoundAggregate,
  reads: ColumnReads,
  { number, wide }: Readonly<{ number: number; wide: boolean }>,
): Variables {
  const implementation = wide ? aggregate.wide : aggregate.narrow;
  const cells = aggregate.cells.map((cell, i) => loadCell(builder, cell, aggregate.firstCell + i));
  const [before, after] = [builder.name('before'), builder.name('after')];
  builder.line(`let ${before}, ${after};\n{`);
  for (const [name, helper] of Object.entries(implementation.helpers ?? {})) {
    builder.line(`const ${name} = ${builder.capture('helper', helper)};`);
  }
  builder.line(`${before} = ${implementation.result(cells)};`);
  const counts = countsCode(aggregate, reads, 'i');
  builder.line(counts === '' ? '{' : `if (${counts}) {`);
  const args = argumentNames(builder, aggregate, reads, { row: 'i', wide });
  builder.line(`${implementation.add(cells, args)}\n}`);
  builder.line(`${after} = ${implementation.result(cells)};\n}`);
  const [values, nulls] = [builder.name('values'), builder.name('nulls')];
  builder.hoist(`const ${values} = changes.values[${number}], ${nulls} = changes.nulls[${number}];`);
  return { cells, before, after, values, nulls };
}

type CellForm = BoundAggregate['cells'][number];

function loadCell(builder: CodeBuilder, cell: CellForm, place: number): string {
  const name = builder.name('cell');
  const value = `cells[${place}].values[place]${layoutOf(cell.type) === 'bool' ? ' === 1' : ''}`;
  builder.line(`let ${name} = ${hasNullFlags(cell) ? `cells[${place}].nulls[place] === 1 ? null : ${value}` : value};`);
  return name;
}

function storeCells(builder: CodeBuilder, { cells, firstCell }: BoundAggregate, own: Variables): void {
  for (const [i, cell] of cells.entries()) {
    const [name, place] = [own.cells[i]!, firstCell + i];
    const write = `cells[${place}].values[place] = ${layoutOf(cell.type) === 'bool' ? `${name} ? 1 : 0` : name};`;
    const flag = `cells[${place}].nulls[place]`;
    builder.line(hasNullFlags(cell) ? `if (${name} === null) ${flag} = 1; else { ${flag} = 0; ${write} }` : write);
  }
}

/** The result before the row too: cells may have been restored that are exact when their result is not. */
function inexactParts({ cells, call }: BoundAggregate, { cells: names, before, after }: Variables): string[] {
  const integers = names.filter((_, i) => layoutOf(cells[i]!.type) === 'int');
  const results = layoutOf(call.type) === 'int' ? [before, after] : [];
  return [...integers, ...results].map((name) => `(${name} !== null && ${inexactCode(name)})`);
}

function writeResult(
  type: DataType,
  number: number,
  { values, nulls, ...own }: Variables,
  which: 'before' | 'after',
): string {
  const layout = layoutOf(type);
  const name = own[which];
  const write = `${values}[length] = ${layout === 'bool' ? `${name} ? 1 : 0` : name};`;
  if (layout === 'string' || !type.nullable) return write;
  const isNull = `${nulls}[length] = 1; hasNulls[${number}] = 1;`;
  return `if (${name} === null) { ${isNull} } else { ${nulls}[length] = 0; ${write} }`;
}
