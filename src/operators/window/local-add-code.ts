/** The loop of the local half: each row into the accumulators of its key and slice. Compiled per form of the columns it reads. */
import type { Column, ColumnBatch } from '../../model/column.ts';
import type { CellColumn } from '../../state/cell-column.ts';
import { AccumulatorCode, type Control } from '../aggregate/accumulator-code.ts';
import type { BoundAggregate } from '../aggregate/bound-aggregate.ts';
import { ColumnReads, columnForm } from '../aggregate/column-reads.ts';
import { CodeBuilder } from '../codegen/code-builder.ts';
import type { HeldSlices } from './held-slices.ts';
import type { LocalGroups } from './local-groups.ts';
import type { Rowtimes } from './rowtime.ts';

/** What the rows of one batch are added with. */
export type LocalRows = Readonly<{ batch: ColumnBatch; keys: Int32Array; rowtimes: Rowtimes }>;

/** Where they are added. */
type LocalState = Readonly<{ groups: LocalGroups; slices: HeldSlices; cells: readonly CellColumn[] }>;

/**
 * Adds rows [from, to) and returns `to`, or the row before which it stopped: for want of a group (`control.aggregate` −1), or for wide
 * cells. Rows with a NULL rowtime must not be among them.
 */
type AddCode = (
  columns: readonly Column[],
  keys: Int32Array,
  times: Float64Array,
  state: LocalState,
  from: number,
  to: number,
  control: Control,
) => number;

const maxVariants = 256; // forms of columns are few; beyond this they are compiled anew

export class LocalAddCode {
  readonly #aggregates: readonly BoundAggregate[];
  readonly #columns: readonly number[];
  readonly #compiled = new Map<string, AddCode>();

  constructor(aggregates: readonly BoundAggregate[]) {
    this.#aggregates = aggregates;
    this.#columns = [...new Set(aggregates.flatMap(({ call }) => [...call.args, call.filter ?? []].flat()))];
  }

  /** For batches like this one. `isRest`: for what an overflow left of a row. */
  for(batch: ColumnBatch, wide: readonly boolean[], isRest: boolean): AddCode {
    const forms = this.#columns.map((column) => columnForm(batch.columns[column]!));
    const form = `${isRest}:${wide.join()}:${forms.join()}`;
    let code = this.#compiled.get(form);
    if (code === undefined) {
      if (this.#compiled.size >= maxVariants) this.#compiled.clear();
      code = compileAdd(this.#aggregates, batch.columns, wide, isRest);
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
  const reads = new ColumnReads(builder, 'columns', sample);
  const place = { values: (cell: number) => `values${cell}`, nulls: (cell: number) => `nulls${cell}`, index: 'group' };
  builder.hoist('const { groups, slices, cells } = state, counts = groups.rows;');
  for (let cell = 0; cell < aggregates.reduce((sum, { cells }) => sum + cells.length, 0); cell++) {
    builder.hoist(`const values${cell} = cells[${cell}].values, nulls${cell} = cells[${cell}].nulls;`);
  }
  builder.line('let low = slices.low, high = slices.high, slice = slices.current;');
  builder.line('for (let i = from; i < to; i++) {');
  builder.line('const time = times[i];');
  builder.line('if (!(time >= low && time < high)) {');
  builder.line('slices.moveTo(time); low = slices.low; high = slices.high; slice = slices.current;\n}');
  builder.line('const group = groups.groupOf(keys[i], slice);');
  if (!isRest) builder.line('if (group < 0) return i;\ncounts[group]++;');
  const code = new AccumulatorCode(builder, place, reads, 'i');
  for (const [i, aggregate] of aggregates.entries()) {
    if (isRest) builder.line(`if (control.first <= ${i})`);
    code.add(aggregate, i, wide[i]!);
  }
  builder.line('}\nreturn to;');
  return builder.build('addRows', ['columns', 'keys', 'times', 'state', 'from', 'to', 'control']);
}
