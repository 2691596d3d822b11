/** Accumulators of sessions: a chained table with the aggregates' cells, then the session's start and end, and the code that changes them. */
import type { Column, ColumnBatch } from '../../model/column.ts';
import { type DataType, layoutOf, types } from '../../model/types.ts';
import { type CellColumn, cellsToColumn } from '../../state/cell-column.ts';
import { ChainedTable } from '../../state/chained-table.ts';
import type { TablePage } from '../../state/keyed-table.ts';
import { pageMask, pageOf, pageShift } from '../../state/table-page.ts';
import { AccumulatorCode, type Control, runRows } from '../aggregate/accumulator-code.ts';
import { AccumulatorLayout } from '../aggregate/accumulator-table.ts';
import type { BoundAggregate } from '../aggregate/bound-aggregate.ts';
import { ColumnReads, columnForm, isWide } from '../aggregate/column-reads.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';

type AddCode = (
  pages: readonly TablePage[],
  rows: Int32Array,
  columns: readonly Column[],
  from: number,
  to: number,
  control: Control,
) => number;

/** Ends of sessions in wall time, ms. */
const timeCell = { type: types.of('double', false), initial: 0 };

const maxVariants = 256; // forms of columns are few; beyond this they are compiled anew

export class SessionAccumulators {
  readonly table: ChainedTable;
  readonly #layout: AccumulatorLayout;
  readonly #columns: readonly number[];
  readonly #wide: boolean[];
  readonly #compiled = new Map<string, AddCode>();
  readonly #startCell: number;
  readonly #one = new Int32Array(1);

  constructor(keyTypes: readonly DataType[], aggregates: readonly BoundAggregate[]) {
    const cells = aggregates.flatMap(({ cells: own }) => own);
    this.table = new ChainedTable(keyTypes, [...cells, timeCell, timeCell]);
    this.#startCell = cells.length;
    this.#layout = new AccumulatorLayout(keyTypes, aggregates);
    this.#columns = [...new Set(aggregates.flatMap(({ call }) => [...call.args, call.filter ?? []].flat()))];
    this.#wide = aggregates.map(() => false);
  }

  start(row: number): number {
    return this.#time(row, this.#startCell);
  }

  end(row: number): number {
    return this.#time(row, this.#startCell + 1);
  }

  setBounds(row: number, start: number, end: number): void {
    this.table.beforeWrite(row);
    const { cells } = this.table.pages[pageOf(row)]!;
    const place = row & pageMask;
    cells[this.#startCell]!.values[place] = start;
    cells[this.#startCell + 1]!.values[place] = end;
  }

  /** Adds the batch's rows [from, to) to the sessions `rows` at the same places; −1: to none. */
  add({ columns }: ColumnBatch, rows: Int32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) if (rows[i]! >= 0) this.table.beforeWrite(rows[i]!);
    for (const [i, { call }] of this.#layout.aggregates.entries()) {
      if (call.args.some((arg) => isWide(columns[arg]!))) this.#widen(i);
    }
    const { control } = this.#layout;
    const step = (kind: 'rows' | 'rest', start: number, end: number): number =>
      this.#addCode(columns, kind === 'rest')(this.table.pages, rows, columns, start, end, control);
    runRows(from, to, control, step, (aggregate) => this.#widen(aggregate));
  }

  /** Adds the accumulators of one session to those of another. */
  mergeInto(target: number, source: number): void {
    this.#one[0] = source;
    this.restore(target, this.#columnsOf(this.table.gatherCells(this.#one, 1), 1), 0);
  }

  /** Adds accumulators that were read back: row `index` of columns of cells. */
  restore(target: number, cells: readonly Column[], index: number): void {
    const layout = this.#layout;
    const rows = layout.rowsFor(index + 1);
    rows[index] = target;
    this.table.beforeWrite(target);
    for (const [i, { firstCell, cells: own }] of layout.aggregates.entries()) {
      if (cells.slice(firstCell, firstCell + own.length).some(isWide)) this.#widen(i);
    }
    const { control } = layout;
    const step = (kind: 'rows' | 'rest', start: number, end: number): number =>
      layout.mergeCode(cells, this.#wide, kind === 'rest')(this.table.pages, rows, cells, start, end, control);
    runRows(index, index + 1, control, step, (aggregate) => this.#widen(aggregate));
  }

  results(cells: readonly CellColumn[], length: number): Column[] {
    return this.#layout.results(cells, length);
  }

  #columnsOf(cells: readonly CellColumn[], length: number): Column[] {
    const own = this.#layout.aggregates.flatMap((aggregate) => aggregate.cells);
    return own.map(({ type }, i) => cellsToColumn(type, cells[i]!, length));
  }

  #time(row: number, cell: number): number {
    return (this.table.pages[row >>> pageShift]!.cells[cell]!.values as Float64Array)[row & pageMask]!;
  }

  #widen(aggregate: number): void {
    if (this.#wide[aggregate]) return;
    this.#wide[aggregate] = true;
    const { firstCell, cells } = this.#layout.aggregates[aggregate]!;
    for (const [i, { type }] of cells.entries()) if (layoutOf(type) === 'int') this.table.widen(firstCell + i);
  }

  #addCode(columns: readonly Column[], isRest: boolean): AddCode {
    const form = `${isRest}:${this.#wide.join()}:${this.#columns.map((column) => columnForm(columns[column]!)).join()}`;
    let code = this.#compiled.get(form);
    if (code === undefined) {
      if (this.#compiled.size >= maxVariants) this.#compiled.clear();
      code = compileAdd(this.#layout.aggregates, columns, this.#wide, isRest);
      this.#compiled.set(form, code);
    }
    return code;
  }
}

function compileAdd(
  aggregates: readonly BoundAggregate[],
  sample: readonly Column[],
  wide: readonly boolean[],
  isRest: boolean,
): AddCode {
  const builder = new CodeBuilder();
  const place = {
    values: (cell: number) => `cells[${cell}].values`,
    nulls: (cell: number) => `cells[${cell}].nulls`,
    index: 'place',
  };
  const code = new AccumulatorCode(builder, place, new ColumnReads(builder, 'columns', sample), 'i');
  builder.line('for (let i = from; i < to; i++) {');
  builder.line('const row = rows[i];\nif (row < 0) continue;');
  builder.line(`const cells = pages[row >>> ${pageShift}].cells, place = row & ${pageMask};`);
  for (const [i, aggregate] of aggregates.entries()) {
    if (isRest) builder.line(`if (control.first <= ${i})`);
    code.add(aggregate, i, wide[i]!);
  }
  builder.line('}\nreturn to;');
  return builder.build('addToSessions', ['pages', 'rows', 'columns', 'from', 'to', 'control']);
}
