/** Accumulators by key: a keyed table whose cells belong to aggregates, the code that merges into it, and the results. */
import type { Column } from '../../model/column.ts';
import { type DataType, layoutOf } from '../../model/types.ts';
import type { CellColumn } from '../../state/cell-column.ts';
import { type FrozenPage, KeyedTable, type TablePage, type TableSnapshot } from '../../state/keyed-table.ts';
import { pageMask, pageShift } from '../../state/table-page.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';
import { AccumulatorCode, type Control, runRows } from './accumulator-code.ts';
import type { BoundAggregate } from './bound-aggregate.ts';
import { ColumnReads, columnForm, isWide } from './column-reads.ts';
import { AggregateResult } from './result-code.ts';

type MergeCode = (
  pages: readonly TablePage[],
  rows: Int32Array,
  columns: readonly Column[],
  from: number,
  to: number,
  control: Control,
) => number;

const maxVariants = 256; // forms of columns are few; beyond this they are compiled anew

/** What the tables of one operator have in common. */
export class AccumulatorLayout {
  readonly keyTypes: readonly DataType[];
  readonly aggregates: readonly BoundAggregate[];
  readonly #results: readonly AggregateResult[];
  readonly #merges = new Map<string, MergeCode>();
  readonly control: Control = { aggregate: -1, first: 0 };
  #rows = new Int32Array(1024);

  constructor(keyTypes: readonly DataType[], aggregates: readonly BoundAggregate[]) {
    this.keyTypes = keyTypes;
    this.aggregates = aggregates;
    this.#results = aggregates.map((aggregate) => new AggregateResult(aggregate));
  }

  /** The results of each aggregate, over cells of `length` rows. */
  results(cells: readonly CellColumn[], length: number): Column[] {
    return this.#results.map((result) => result.column(cells, length));
  }

  /** Room for row numbers, the same at each call. */
  rowsFor(count: number): Int32Array {
    if (count > this.#rows.length) this.#rows = new Int32Array(count * 2);
    return this.#rows;
  }

  mergeCode(cells: readonly Column[], wide: readonly boolean[], isRest: boolean): MergeCode {
    const form = `${isRest}:${wide.join()}:${cells.map(columnForm).join()}`;
    let code = this.#merges.get(form);
    if (code === undefined) {
      if (this.#merges.size >= maxVariants) this.#merges.clear();
      code = compileMerge(this.aggregates, cells, wide, isRest);
      this.#merges.set(form, code);
    }
    return code;
  }
}

export class AccumulatorTable {
  readonly #layout: AccumulatorLayout;
  readonly #table: KeyedTable;
  /** Which aggregates' integer cells are bigints. */
  readonly #wide: boolean[];

  constructor(layout: AccumulatorLayout) {
    this.#layout = layout;
    this.#table = new KeyedTable(
      layout.keyTypes,
      layout.aggregates.flatMap(({ cells }) => cells),
    );
    this.#wide = layout.aggregates.map(() => false);
  }

  get size(): number {
    return this.#table.size;
  }

  /** Merges the accumulators at [from, to): their keys, the keys' hashes, and their cells. */
  merge(keys: readonly Column[], hashes: Int32Array, cells: readonly Column[], from: number, to: number): void {
    const layout = this.#layout;
    const rows = layout.rowsFor(to);
    this.#table.upsert(keys, hashes, from, to, rows);
    this.#table.beforeWrite(rows, from, to);
    for (const [i, { firstCell, cells: own }] of layout.aggregates.entries()) {
      if (cells.slice(firstCell, firstCell + own.length).some(isWide)) this.#widen(i);
    }
    const { control } = layout;
    const step = (kind: 'rows' | 'rest', start: number, end: number): number =>
      layout.mergeCode(cells, this.#wide, kind === 'rest')(this.#table.pages, rows, cells, start, end, control);
    runRows(from, to, control, step, (aggregate) => this.#widen(aggregate));
  }

  mergeTable(other: AccumulatorTable): void {
    for (const [i, { keys, cells, length }] of other.#table.frozenPages().entries()) {
      this.merge(keys, other.#table.hashesOf(i), cells, 0, length);
    }
  }

  /** Arrays are shared: to be read before the next change. */
  pages(): readonly FrozenPage[] {
    return this.#table.frozenPages();
  }

  snapshot(): TableSnapshot {
    return this.#table.snapshot();
  }

  bytes(): number {
    return this.#table.bytes();
  }

  #widen(aggregate: number): void {
    if (this.#wide[aggregate]) return;
    this.#wide[aggregate] = true;
    const { firstCell, cells } = this.#layout.aggregates[aggregate]!;
    for (const [i, { type }] of cells.entries()) if (layoutOf(type) === 'int') this.#table.widen(firstCell + i);
  }
}

function compileMerge(
  aggregates: readonly BoundAggregate[],
  sample: readonly Column[],
  wide: readonly boolean[],
  isRest: boolean,
): MergeCode {
  const builder = new CodeBuilder();
  const reads = new ColumnReads(builder, 'columns', sample);
  const place = {
    values: (cell: number) => `cells[${cell}].values`,
    nulls: (cell: number) => `cells[${cell}].nulls`,
    index: 'place',
  };
  const code = new AccumulatorCode(builder, place, reads, 'i');
  builder.line('for (let i = from; i < to; i++) {');
  builder.line(`const row = rows[i], cells = pages[row >>> ${pageShift}].cells, place = row & ${pageMask};`);
  for (const [i, aggregate] of aggregates.entries()) {
    if (isRest) builder.line(`if (control.first <= ${i})`);
    code.merge(aggregate, i, wide[i]!, aggregate.firstCell);
  }
  builder.line('}\nreturn to;');
  return builder.build('mergeAccumulators', ['pages', 'rows', 'columns', 'from', 'to', 'control']);
}
