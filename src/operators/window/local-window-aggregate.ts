/**
 * The local half of a windowed aggregation: adds rows to accumulators of (key, slice) and sends those on. It decides nothing about
 * lateness, but makes it decidable: before a watermark that crosses the end of a window goes out, all that arrived before it does.
 * Keeps no state over a barrier.
 */
import { type Figures, fate } from '../../model/account.ts';
import type { Column, ColumnBatch } from '../../model/column.ts';
import { batchOf, gather } from '../../model/column.ts';
import { assert } from '../../model/errors.ts';
import type { LocalWindowAggregateSpec } from '../../model/job-graph.ts';
import type { Operator, OperatorContext, Output } from '../../model/operator.ts';
import { allocateCells, type CellColumn, cellsToColumn, resetCells, widenCells } from '../../state/cell-column.ts';
import { type Control, runRows } from '../aggregate/accumulator-code.ts';
import { type BoundAggregate, bindAggregates } from '../aggregate/bound-aggregate.ts';
import { isWide } from '../aggregate/column-reads.ts';
import { FateTally } from '../fate-tally.ts';
import { HeldSlices } from './held-slices.ts';
import { LocalAddCode, type LocalRows } from './local-add-code.ts';
import { LocalGroups, maxLocalGroups } from './local-groups.ts';
import { CodeKeys, type LocalKeys, TableKeys } from './local-keys.ts';
import { RowtimeReader } from './rowtime.ts';
import { Slices } from './slices.ts';
import { WindowClock } from './window-clock.ts';
import { WindowProgress } from './window-progress.ts';
import { maxOutputRows, requireInserts, withoutNullRowtimes } from './window-rows.ts';

export class LocalWindowAggregateOperator implements Operator {
  readonly #spec: LocalWindowAggregateSpec;
  readonly #rowtimes: RowtimeReader;
  readonly #progress: WindowProgress;
  readonly #slices: HeldSlices;
  readonly #groups = new LocalGroups();
  readonly #tableKeys: TableKeys;
  readonly #codeKeys: CodeKeys | null;
  #keys: LocalKeys;
  readonly #fates = new FateTally();
  /** Rows that the partial results stand for which went out, as each group counted its own. */
  #carried = 0;
  readonly #control: Control = { aggregate: -1, first: 0 };
  #ctx!: OperatorContext;
  #output!: Output;
  #aggregates: readonly BoundAggregate[] = [];
  #code!: LocalAddCode;
  #cells: CellColumn[] = [];
  #wide: boolean[] = [];

  constructor(spec: LocalWindowAggregateSpec) {
    this.#spec = spec;
    this.#rowtimes = new RowtimeReader(spec.time.type);
    const slices = new Slices(spec.window, spec.attached);
    const clock = new WindowClock(spec.time.timeZone);
    this.#progress = new WindowProgress(clock, slices);
    this.#slices = new HeldSlices(slices, clock, spec.attached);
    const [first, ...others] = spec.keys;
    this.#tableKeys = new TableKeys(
      spec.keys,
      spec.keys.map((key) => spec.inputFields[key]!.type),
    );
    this.#codeKeys = first !== undefined && others.length === 0 ? new CodeKeys(first) : null;
    this.#keys = this.#tableKeys;
  }

  open(ctx: OperatorContext, output: Output): void {
    this.#ctx = ctx;
    this.#output = output;
    this.#aggregates = bindAggregates(this.#spec.aggregates, this.#spec.inputFields, ctx.session);
    this.#code = new LocalAddCode(this.#aggregates);
    this.#cells = this.#aggregates.flatMap(({ cells }) =>
      cells.map((cell) => allocateCells(cell, maxLocalGroups, false)),
    );
    this.#wide = this.#aggregates.map(() => false);
  }

  processBatch(input: ColumnBatch): void {
    requireInserts(input);
    const batch = withoutNullRowtimes(input, this.#spec.time.column, this.#ctx.counters);
    this.#fates.add(fate.nullRowtime, input.length - batch.length);
    if (batch.length === 0) return;
    this.#useKeys(batch);
    const rows: LocalRows = {
      batch,
      keys: this.#keys.numbers(batch),
      rowtimes: this.#rowtimes.read(batch.columns[this.#spec.time.column]!, batch.length),
    };
    for (let from = 0; from < batch.length; ) {
      const to = this.#progress.firstCrossing(batch.watermarks, from, batch.length);
      this.#add(rows, from, to);
      this.#fates.add(fate.used, to - from);
      if (to < batch.length) this.processWatermark(batch.watermarks![to]!);
      from = to;
    }
  }

  processWatermark(watermark: number): void {
    if (watermark <= this.#progress.watermark) return;
    if (this.#progress.crosses(watermark)) this.#flush();
    this.#progress.advance(watermark);
    this.#output.emitWatermark(watermark);
  }

  prepareBarrier(): void {
    this.#flush();
  }

  endInput(): void {
    this.#flush();
  }

  releaseCodes(): void {
    this.#flush();
    this.#keys.clear();
  }

  account(): Figures {
    return { ...this.#fates.figures(), carriedOut: this.#carried };
  }

  stateBytes(): number {
    return this.#groups.size * (16 + this.#cells.length * 8);
  }

  /** Numbers of keys mean nothing in another kind of keys: groups of them go out first. */
  #useKeys(batch: ColumnBatch): void {
    const column = this.#codeKeys === null ? undefined : batch.columns[this.#spec.keys[0]!];
    const inCodes = column?.layout === 'string' && column.encoding === 'codes';
    const keys = inCodes ? this.#codeKeys! : this.#tableKeys;
    if (keys === this.#keys && !keys.isFull()) return;
    this.#flush();
    this.#keys.clear();
    this.#keys = keys;
  }

  #widenFor({ columns }: ColumnBatch): void {
    for (const [i, { call }] of this.#aggregates.entries()) {
      if (!this.#wide[i] && call.args.some((arg) => isWide(columns[arg]!))) this.#widen(i);
    }
  }

  #widen(aggregate: number): void {
    this.#wide[aggregate] = true;
    const { firstCell, cells } = this.#aggregates[aggregate]!;
    for (const [i, cell] of cells.entries()) {
      this.#cells[firstCell + i] = widenCells(cell, this.#cells[firstCell + i]!);
    }
  }

  #add({ batch, keys, rowtimes }: LocalRows, from: number, to: number): void {
    const control = this.#control;
    const state = { groups: this.#groups, slices: this.#slices, cells: this.#cells };
    const step = (kind: 'rows' | 'rest', start: number, end: number): number => {
      const code = this.#code.for(batch, this.#wide, kind === 'rest');
      return code(batch.columns, keys, rowtimes.values, state, start, end, control);
    };
    for (let next = from; next < to; ) {
      this.#widenFor(batch);
      next = runRows(next, to, control, step, (aggregate) => this.#widen(aggregate));
      if (next === to) break;
      assert(this.#groups.size > 0, () => 'the local half of a windowed aggregation is full and empty');
      this.#flush();
    }
  }

  #flush(): void {
    const { size } = this.#groups;
    if (size === 0) return;
    const order = this.#orderBySlice();
    for (let from = 0; from < size; from += maxOutputRows) {
      this.#output.emitBatch(this.#partial(order.subarray(from, Math.min(size, from + maxOutputRows))));
    }
    for (const [i, { firstCell, cells }] of this.#aggregates.entries()) {
      for (const [c, cell] of cells.entries()) {
        this.#cells[firstCell + c] = resetCells(cell, this.#cells[firstCell + c]!, size);
      }
      this.#wide[i] = false;
    }
    this.#groups.clear();
    this.#slices.clear();
  }

  /** Groups with those of one slice together, slices in the order of time. */
  #orderBySlice(): Int32Array {
    const groups = this.#groups;
    const { ends } = this.#slices;
    const places = new Int32Array(ends.length);
    for (let group = 0; group < groups.size; group++) places[groups.slices[group]!]!++;
    const byEnd = Array.from(ends.keys()).sort((a, b) => ends[a]! - ends[b]!);
    let next = 0;
    for (const slice of byEnd) {
      const count = places[slice]!;
      places[slice] = next;
      next += count;
    }
    const order = new Int32Array(groups.size);
    for (let group = 0; group < groups.size; group++) order[places[groups.slices[group]!]!++] = group;
    return order;
  }

  #partial(groups: Int32Array): ColumnBatch {
    const count = groups.length;
    const keys = this.#keys.columns(
      groups.map((group) => this.#groups.keys[group]!),
      count,
    );
    const ends = Float64Array.from(groups, (group) => this.#slices.ends[this.#groups.slices[group]!]!);
    const cells = this.#aggregates.flatMap(({ cells: own, firstCell }) =>
      own.map(({ type }, c) => {
        const gathered = gather(this.#cells[firstCell + c]!, groups, count) as CellColumn;
        return cellsToColumn(type, gathered, count);
      }),
    );
    const rows = Float64Array.from(groups, (group) => this.#groups.rows[group]!);
    this.#carried += sumOf(rows);
    return batchOf(count, [...keys, integers(ends), ...cells, integers(rows)]);
  }
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

function integers(values: Float64Array): Column {
  return { layout: 'int', wide: false, values, nulls: null };
}
