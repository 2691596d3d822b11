/**
 * Drives a source's reader in its subtask: polls it, makes watermarks per split, and finds the moment between two batches at which a barrier
 * may go out.
 */
import type { Figures, NodeAccount } from '../model/account.ts';
import type { ColumnBatch } from '../model/column.ts';
import { maxWatermark, minWatermark } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { Expression } from '../model/expression.ts';
import type { SessionContext } from '../model/function.ts';
import type { SourceSpec, WatermarkSpec } from '../model/job-graph.ts';
import type { SplitTime } from '../model/job-status.ts';
import type { ReaderOutput, SourceReader, SourceSplit, SplitLag } from '../model/source.ts';
import type { StringPool } from '../model/string-pool.ts';
import { WatermarkExpression } from '../operators/watermark-expression.ts';
import type { FanOut } from './fan-out.ts';
import { SplitWatermarks } from './split-watermarks.ts';

/** How long a poll may wait: idleness and periodic watermarks are looked at in between. */
const pollTimeoutMs = 100;

export type SourceDriverOptions = Readonly<{
  spec: Pick<SourceSpec, 'table' | 'fields' | 'watermark'>;
  reader: SourceReader;
  output: FanOut;
  session: SessionContext;
  pool: StringPool;
  /** ms, with fractions. */
  monotonic: () => number;
  /** What became of unreadable records: `deadLetters`, `discarded`. */
  letters: () => Figures;
  wake: () => void;
  fail: (error: unknown) => void;
}>;

export class SourceDriver {
  readonly reader: SourceReader;
  readonly #options: SourceDriverOptions;
  readonly #splits: SplitWatermarks;
  readonly #times: RowTimes | null;
  #polling = false;
  #result: ReaderOutput | null = null;
  #paused = false;
  #ended = false;
  #lastStep: number;
  #lastWatermark: number;
  #watermark = minWatermark;
  #records = 0;
  #limit = maxWatermark;

  constructor(options: SourceDriverOptions) {
    this.#options = options;
    this.reader = options.reader;
    const { watermark } = options.spec;
    this.#splits = new SplitWatermarks(watermark?.idleTimeoutMs ?? null);
    this.#times = watermark === null ? null : new RowTimes(options, watermark);
    this.#lastStep = options.monotonic();
    this.#lastWatermark = this.#lastStep;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get records(): number {
    return this.#records;
  }

  get watermark(): number {
    return this.#watermark;
  }

  addSplits(splits: readonly SourceSplit[]): void {
    for (const split of splits) this.#splits.add(split.id);
    this.reader.addSplits(splits);
    this.reader.wake();
  }

  noMoreSplits(): void {
    this.reader.noMoreSplits();
    this.reader.wake();
  }

  lag(): readonly SplitLag[] {
    return this.reader.lag();
  }

  splitTimes(): readonly SplitTime[] {
    return this.#options.spec.watermark === null ? [] : this.#splits.times();
  }

  /** Rows are only asked for while the source's watermark is at most this. */
  align(limitMs: number): void {
    this.#limit = limitMs;
  }

  /** After a barrier of a stop: no more rows. */
  pause(): void {
    this.#paused = true;
  }

  /** Between two batches: nothing is on its way from the reader, so that positions and rows agree. Else asks the reader to hurry. */
  get atRest(): boolean {
    if (this.#polling) this.reader.wake();
    return !this.#polling && this.#result === null;
  }

  snapshot(): SourceSplit[] {
    return this.reader.snapshot();
  }

  /** To be called when it is at rest. The reader's figures count over those that are seen from here. */
  account(): NodeAccount {
    const figures = { rows: this.#records, ...this.#options.letters(), ...this.reader.account?.() };
    return { in: [], out: this.#options.output.records, figures };
  }

  /** Hands on what the reader gave; returns whether there was something. `more`: whether to ask for more. */
  step(more: boolean): boolean {
    const result = this.#result;
    this.#result = null;
    if (result !== null) this.#take(result);
    if (!this.#polling && !this.#paused && !this.#ended) {
      if (this.#splits.combined > this.#limit) this.#waitForOthers();
      else if (more) this.#poll();
    }
    return result !== null && result.kind !== 'none';
  }

  /** What the last batch made of the watermark is said meanwhile: sources that wait for one another go by what each has said. */
  #waitForOthers(): void {
    this.heldUp();
    this.#sayPeriodically(this.#lastStep);
  }

  /** The subtask was held up for so long: that is not the splits' idleness. */
  heldUp(): void {
    this.#lastStep = this.#options.monotonic();
  }

  #poll(): void {
    this.#polling = true;
    this.reader.poll(pollTimeoutMs).then(
      (result) => {
        this.#polling = false;
        this.#result = result;
        this.#options.wake();
      },
      (error: unknown) => this.#options.fail(error),
    );
  }

  #take(result: ReaderOutput): void {
    const now = this.#options.monotonic();
    this.#splits.elapse(now - this.#lastStep);
    this.#lastStep = now;
    if (result.kind === 'batch') this.#emitBatch(result.splitId, result.batch);
    for (const id of this.reader.endedSplits()) this.#splits.end(id);
    if (result.kind === 'end') this.#end();
    else this.#sayPeriodically(now);
  }

  #sayPeriodically(now: number): void {
    const interval = this.#options.spec.watermark?.intervalMs ?? null;
    if (interval !== null && now - this.#lastWatermark >= interval) {
      this.#lastWatermark = now;
      this.#emitWatermark(this.#splits.combined);
      this.#options.output.emitIdle(this.#splits.allIdle);
    }
  }

  #emitBatch(splitId: string, batch: ColumnBatch): void {
    this.#splits.add(splitId);
    this.#records += batch.length;
    const { output } = this.#options;
    if (this.#times === null) {
      output.emitBatch(batch);
      return;
    }
    const before = this.#splits.touch(splitId);
    output.emitIdle(false);
    const others = this.#splits.least(splitId);
    const { watermarks, after } = this.#times.of(batch, before, Math.max(this.#watermark, minWatermark), others);
    this.#splits.advance(splitId, after);
    output.emitBatch(watermarks === null ? batch : { ...batch, watermarks });
  }

  #emitWatermark(watermark: number): void {
    if (watermark <= this.#watermark) return;
    this.#watermark = watermark;
    this.#options.output.emitWatermark(watermark);
  }

  #end(): void {
    this.#ended = true;
    this.#options.output.emitIdle(false);
    this.#emitWatermark(maxWatermark);
    this.#options.output.emitEnd();
  }
}

/** The event time of rows, as a watermark declaration sees it. */
class RowTimes {
  readonly #watermark: WatermarkExpression;
  /** null: the watermark is NULL exactly when the rowtime is. */
  readonly #rowtime: WatermarkExpression | null;
  readonly #passesNull: boolean;
  readonly #table: string;
  readonly #perRow: boolean;

  constructor({ spec, session, pool }: SourceDriverOptions, watermark: WatermarkSpec) {
    this.#watermark = new WatermarkExpression(watermark.expression, spec.fields, session, pool);
    this.#rowtime = isStrictIn(watermark.expression, watermark.rowtime)
      ? null
      : new WatermarkExpression(watermark.rowtime, spec.fields, session, pool);
    this.#passesNull = watermark.nullRowtime === 'pass';
    this.#table = spec.table;
    this.#perRow = watermark.intervalMs === 0;
  }

  /**
   * `before`: the split's watermark; `emitted`: what the source last said; `others`: the least of the other splits. `after`: the split's
   * watermark behind the batch. `watermarks`: the one in force before each row, where each row counts.
   */
  of(
    batch: ColumnBatch,
    before: number,
    emitted: number,
    others: number,
  ): { watermarks: Float64Array | null; after: number } {
    const { max, values } = this.#watermark.evaluate(batch);
    if (!this.#passesNull)
      this.#checkRowtime(this.#rowtime === null ? values : this.#rowtime.evaluate(batch).values, batch.length);
    if (!this.#perRow) return { watermarks: null, after: Math.max(before, max) };
    const watermarks = new Float64Array(batch.length);
    let split = before;
    for (let row = 0; row < batch.length; row++) {
      watermarks[row] = Math.max(emitted, Math.min(split, others));
      if (values[row]! > split) split = values[row]!;
    }
    return { watermarks, after: split };
  }

  #checkRowtime(values: Float64Array, rows: number): void {
    for (let row = 0; row < rows; row++) {
      if (!Number.isNaN(values[row]!)) continue;
      throw new EngineError('EVALUATION', `source ${this.#table}: the rowtime of a row is NULL, expected a timestamp`, {
        hint: 'RowTime field should not be null: give it a value with COALESCE in a computed column.',
      });
    }
  }
}

/** Whether the watermark is the rowtime, or the rowtime and a constant added: the common forms, in which both are NULL together. */
function isStrictIn(watermark: Expression, rowtime: Expression): boolean {
  if (structure(watermark) === structure(rowtime)) return true;
  if (watermark.kind === 'cast') return watermark.onError === 'fail' && isStrictIn(watermark.arg, rowtime);
  if (watermark.kind !== 'call' || (watermark.name !== '-' && watermark.name !== '+')) return false;
  return (
    watermark.args[1]?.kind === 'literal' && watermark.args[1].value !== null && isStrictIn(watermark.args[0]!, rowtime)
  );
}

function structure(expression: Expression): string {
  return JSON.stringify(expression, (key, value) => {
    if (key === 'position') return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}
