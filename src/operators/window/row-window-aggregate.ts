/**
 * An aggregation of windows row by row, for what slices can't do: rows that change or are taken back; and the older windows of GROUP BY with
 * results before a window's end or after it (Flink's WindowOperator with its EventTimeTriggers and ProcessingTimeTriggers), which are then
 * updated.
 */
import { type Fate, fate } from '../../model/account.ts';
import { minWatermark, op } from '../../model/column.ts';
import type { RowWindowAggregateSpec } from '../../model/job-graph.ts';
import type { Operator } from '../../model/operator.ts';
import { equalRows, keyText, type Row } from '../../model/row.ts';
import { KeyedState, type StateHandle } from '../../state/keyed-state.ts';
import { RowAggregates } from '../aggregate/row-aggregates.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { Timers } from '../rows/timers.ts';
import { ProcessingClock } from './processing-clock.ts';
import { paneTable, type RowPane } from './row-panes.ts';
import { RowWindows } from './row-windows.ts';
import { WindowFiring } from './window-firing.ts';

export class RowWindowAggregateOperator extends RowOperator implements Operator {
  readonly #spec: RowWindowAggregateSpec;
  readonly #windows: RowWindows;
  readonly #firing: WindowFiring;
  /** Early and late firings, by processing time. */
  readonly #firings = new Timers();
  #processing!: ProcessingClock;
  #aggregates!: RowAggregates;
  #panes!: KeyedState<RowPane[]>;
  /** Processing time as far as windows of it have ended. */
  #processed = minWatermark;

  constructor(spec: RowWindowAggregateSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
    this.#windows = new RowWindows(spec);
    this.#firing = new WindowFiring(spec.time.timeZone);
  }

  protected override opened(): void {
    const { aggregates, inputFields, inputChanges, keys, fields } = this.#spec;
    const retract = inputChanges.update || inputChanges.delete;
    this.#processing = new ProcessingClock(this.ctx.session);
    this.#aggregates = new RowAggregates(aggregates, inputFields, this.ctx.session, { retract });
    const keyFields = keys.map((key) => inputFields[key]!);
    const results = fields.slice(keys.length, keys.length + aggregates.length);
    this.#panes = new KeyedState(paneTable(keyFields, results, this.#aggregates));
  }

  protected override row(change: number, row: Row): Fate {
    const { keys, processingTime } = this.#spec;
    if (processingTime) this.processTime(this.#processing.now());
    const bounds = this.#windows.of(row, this.#processing);
    if (bounds === null) {
      return fate.nullRowtime;
    }
    const key = keyText(row, keys);
    const inTime = bounds.filter(({ end }) => !this.#isLate(end));
    if (inTime.length === 0) {
      return fate.late;
    }
    const keyRow = keys.map((column) => row[column]!);
    const panes = this.#panes.update(key, keyRow, () => []);
    for (const { start, end } of inTime) {
      const pane = this.#windows.paneOf(panes, { start, end }, this.#aggregates);
      this.#change(pane, change, row);
      this.#await(key, pane);
      if (this.#firesOnRow(key, pane)) this.#emit(keyRow, pane);
    }
    return fate.used;
  }

  protected override advance(watermark: number): void {
    if (!this.#spec.processingTime) this.#passTo(watermark);
  }

  processTime(nowMs: number): void {
    this.finishRestore();
    const now = this.#processing.at(nowMs);
    this.#firings.advance(now, (key) => this.#fireBetween(key, now));
    const progress = now - 1; // rows of this very millisecond may still come
    if (this.#spec.processingTime && progress > this.#processed) {
      this.#passTo(progress);
      this.#processed = progress;
    }
    this.output.flush();
  }

  protected override states(): readonly StateHandle[] {
    return [this.#panes];
  }

  protected override restored(): void {
    for (const [key, , panes] of this.#panes.entries()) {
      for (const pane of panes) {
        this.#await(key, pane);
        if (pane.nextFiring !== null) this.#firings.add(pane.nextFiring, key);
      }
    }
  }

  #isLate(end: number): boolean {
    return this.#firing.hasFired(end + this.#latenessMs, this.#progress);
  }

  get #progress(): number {
    return this.#spec.processingTime ? this.#processed : this.watermark;
  }

  get #latenessMs(): number {
    return this.#spec.emit?.allowedLatenessMs ?? 0;
  }

  #change(pane: RowPane, change: number, row: Row): void {
    if (change === op.insert || change === op.updateAfter) {
      pane.count++;
      this.#aggregates.add(pane.accumulators, row);
    } else {
      pane.count--;
      this.#aggregates.retract(pane.accumulators, row);
    }
  }

  #await(key: string, { end, fired }: RowPane): void {
    if (!fired && !this.#firing.hasFired(end, this.#progress)) this.#firing.await(key, end);
    if (this.#latenessMs > 0) this.#firing.await(key, end + this.#latenessMs);
  }

  /** Whether the row's coming gives a result; else sets the timer of one that comes later. */
  #firesOnRow(key: string, pane: RowPane): boolean {
    const { emit } = this.#spec;
    if (emit === null) return false;
    const ended = this.#firing.hasFired(pane.end, this.#progress);
    if (ended && !(pane.fired && (emit.lateFireMs ?? 0) > 0)) return true;
    const delayMs = ended ? emit.lateFireMs : emit.earlyFireMs;
    if (delayMs === 0) return true;
    if (delayMs !== null && pane.nextFiring === null) this.#fireAfter(key, pane, delayMs);
    return false;
  }

  #fireAfter(key: string, pane: RowPane, delayMs: number): void {
    pane.nextFiring = this.#processing.now() + delayMs;
    this.#firings.add(pane.nextFiring, key);
  }

  /** Before or after the end of windows, by processing time. */
  #fireBetween(key: string, now: number): void {
    const { emit } = this.#spec;
    const [keyRow, panes] = this.#open(key);
    for (const pane of panes) {
      if (pane.nextFiring === null || pane.nextFiring > now) continue;
      this.#emit(keyRow, pane);
      const delayMs = pane.fired && (emit?.lateFireMs ?? 0) > 0 ? emit!.lateFireMs : emit!.earlyFireMs;
      pane.nextFiring = null;
      if (delayMs !== null && delayMs > 0) this.#fireAfter(key, pane, delayMs);
    }
  }

  /** Fires windows that have ended, and forgets those to which nothing can come any more. */
  #passTo(progress: number): void {
    this.#firing.advance(progress, (key, time) => {
      const [keyRow, panes] = this.#open(key);
      for (const pane of panes) {
        if (pane.fired || !this.#firing.hasFired(pane.end, time)) continue;
        this.#emit(keyRow, pane);
        pane.fired = true;
        if ((this.#spec.emit?.lateFireMs ?? 0) > 0) pane.nextFiring = null;
      }
      const rest = panes.filter(({ end }) => !this.#firing.hasFired(end + this.#latenessMs, time));
      if (rest.length === 0) this.#panes.delete(key);
      else panes.splice(0, panes.length, ...rest);
    });
  }

  /** A key's values and its windows, to be changed. */
  #open(key: string): readonly [Row, RowPane[]] {
    const panes = this.#panes.change(key);
    return panes === undefined ? [[], []] : [this.#panes.keyRow(key)!, panes];
  }

  #emit(keyRow: Row, pane: RowPane): void {
    const results = this.#aggregates.results(pane.accumulators);
    const rowOf = (values: Row): Row => [...keyRow, ...values, ...this.#windows.properties(pane)];
    const { previous, count } = pane;
    if (this.#spec.emit === null) {
      if (count > 0) this.output.insert(rowOf(results));
      return;
    }
    pane.previous = count > 0 ? results : null;
    if (count <= 0) {
      if (previous !== null) this.output.add(op.delete, rowOf(previous));
    } else if (previous === null) this.output.insert(rowOf(results));
    else if (!equalRows(previous, results)) {
      this.output.add(op.updateBefore, rowOf(previous));
      this.output.add(op.updateAfter, rowOf(results));
    }
  }
}
