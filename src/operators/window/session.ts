/**
 * Sessions that keep their rows until they have ended: SESSION without an aggregation (Flink's UnalignedWindowTableFunctionOperator), and
 * aggregations of rows that change. A row whose session would have ended is dropped and counted.
 */
import { type Fate, fate } from '../../model/account.ts';
import { minWatermark } from '../../model/column.ts';
import type { SessionSpec } from '../../model/job-graph.ts';
import type { Operator } from '../../model/operator.ts';
import { keyText, type Row } from '../../model/row.ts';
import { KeyedState, type StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { rowTimeMs } from '../rows/row-time.ts';
import { ProcessingClock } from './processing-clock.ts';
import { type RowSession, sessionRows, withRow } from './row-sessions.ts';
import type { SessionResults } from './session-results.ts';
import { WindowClock } from './window-clock.ts';
import { WindowFiring } from './window-firing.ts';

type SessionParts = Pick<SessionSpec, 'gapMs' | 'time' | 'processingTime' | 'partition' | 'inputFields' | 'fields'>;

export class SessionOperator extends RowOperator implements Operator {
  readonly #spec: SessionParts;
  readonly #results: SessionResults;
  readonly #clock: WindowClock;
  readonly #firing: WindowFiring;
  readonly #sessions: KeyedState<RowSession[]>;
  #processing!: ProcessingClock;
  /** The time that sessions end by: processing time, or the watermark (the base class has it). */
  #processed = minWatermark;

  /** `results`: what goes out of a session. */
  constructor(spec: SessionParts, results: SessionResults) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
    this.#results = results;
    this.#clock = new WindowClock(spec.time.timeZone);
    this.#firing = new WindowFiring(spec.time.timeZone);
    this.#sessions = new KeyedState(sessionRows(spec.partition, spec.inputFields));
  }

  protected override opened(): void {
    this.#processing = new ProcessingClock(this.ctx.session);
    this.#results.open(this.ctx.session);
  }

  protected override row(change: number, row: Row): Fate {
    const { processingTime, partition, gapMs } = this.#spec;
    const at = this.#timeOf(row);
    if (at === null) {
      return fate.nullRowtime;
    }
    const progress = processingTime ? this.#processed : this.watermark;
    const wallMs = this.#clock.toWall(at);
    const key = keyText(row, partition);
    const sessions = this.#sessions.get(key) ?? [];
    const touches = sessions.some(({ start, end }) => start <= wallMs + gapMs && end >= wallMs);
    if (!touches && this.#firing.hasFired(wallMs + gapMs, progress)) {
      return fate.late;
    }
    const keyRow = partition.map((column) => row[column]!);
    const open = this.#sessions.update(key, keyRow, () => []);
    this.#firing.await(key, withRow(open, { start: wallMs, end: wallMs + gapMs, change, row }));
    return fate.used;
  }

  protected override advance(watermark: number): void {
    if (!this.#spec.processingTime) this.#fire(watermark);
  }

  processTime(nowMs: number): void {
    if (!this.#spec.processingTime) return;
    this.finishRestore();
    const progress = this.#processing.at(nowMs) - 1; // rows of this very millisecond may still come
    if (progress <= this.#processed) return;
    this.#fire(progress);
    this.#processed = progress;
    this.output.flush();
  }

  protected override states(): readonly StateHandle[] {
    return [this.#sessions];
  }

  protected override restored(): void {
    for (const [key, , sessions] of this.#sessions.entries()) {
      for (const { end } of sessions) this.#firing.await(key, end);
    }
  }

  /** ms since 1970; null: the row has no rowtime. */
  #timeOf(row: Row): number | null {
    const { time, processingTime } = this.#spec;
    if (processingTime) {
      const now = this.#processing.now();
      this.processTime(now);
      return now;
    }
    const value = row[time.column]!;
    return value === null ? null : rowTimeMs(value, time.type);
  }

  #fire(progress: number): void {
    this.#firing.advance(progress, (key, time) => {
      const ended = (this.#sessions.get(key) ?? []).filter(({ end }) => this.#firing.hasFired(end, time));
      if (ended.length === 0) return; // it has grown since
      const open = this.#sessions.change(key)!;
      const rest = open.filter(({ end }) => !this.#firing.hasFired(end, time));
      for (const session of ended) {
        for (const [change, row] of this.#results.of(session, this.#clock)) this.output.add(change, row);
      }
      if (rest.length === 0) this.#sessions.delete(key);
      else open.splice(0, open.length, ...rest);
    });
  }
}
