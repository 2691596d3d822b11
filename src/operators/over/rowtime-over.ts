/** OVER by event time: rows wait until the watermark has passed them, and go out in the order of their times. Late ones are dropped and counted. */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import { assert } from '../../model/errors.ts';
import type { OverSpec } from '../../model/job-graph.ts';
import { keyText, type Row } from '../../model/row.ts';
import type { StateHandle } from '../../state/keyed-state.ts';
import { WaitingRows } from '../rows/row-lists.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { rowTimeMs } from '../rows/row-time.ts';
import { Timers } from '../rows/timers.ts';
import { BoundedRangeFrames, BoundedRowsFrames } from './bounded-frames.ts';
import type { EmitResults, Frames } from './frames.ts';
import { OverAggregates } from './over-aggregates.ts';
import { UnboundedFrames } from './unbounded-frames.ts';

export class RowtimeOverOperator extends RowOperator {
  readonly #spec: OverSpec;
  readonly #timeOf: (row: Row) => number;
  readonly #waiting: WaitingRows;
  readonly #timers = new Timers();
  #frames!: Frames;

  constructor(spec: OverSpec) {
    super([spec.inputFields], spec.fields);
    const { partition, inputFields, order } = spec;
    const time = order[0]!.column;
    const { type } = inputFields[time]!;
    this.#spec = spec;
    this.#timeOf = (row) => rowTimeMs(row[time]!, type);
    this.#waiting = new WaitingRows({ name: 'over-waiting', keys: partition, rowFields: inputFields }, this.#timeOf);
  }

  protected override opened(): void {
    const { stateTtlMs: ms, frame } = this.#spec;
    const ttl = this.ttl(ms);
    const aggregates = new OverAggregates(this.#spec, this.ctx.session);
    if (frame.preceding === null) this.#frames = new UnboundedFrames(this.#spec, aggregates, ttl);
    else if (frame.unit === 'rows') this.#frames = new BoundedRowsFrames(this.#spec, aggregates, ttl);
    else this.#frames = new BoundedRangeFrames(this.#spec, aggregates, this.#timeOf);
  }

  protected override row(change: number, row: Row): Fate {
    assert(change === op.insert, () => 'OVER by a time attribute takes inserts only');
    const { partition } = this.#spec;
    const key = keyText(row, partition);
    const time = this.#timeOf(row);
    if (!this.#frames.takes(key, time, this.watermark)) {
      return fate.late;
    }
    this.#waiting.add(key, time, row);
    this.#timers.add(time, key);
    this.#frames.await(key, row, time, this.#timers);
    return fate.waits;
  }

  protected override advance(watermark: number): void {
    const emit: EmitResults = (row, results) => this.output.addJoined(op.insert, row, results);
    this.#timers.advance(watermark, (key, time) => {
      this.#frames.fire(key, time, this.#waiting.take(key, time), emit);
    });
  }

  protected override waitingRows(): number {
    return this.#waiting.size;
  }

  protected override states(): readonly StateHandle[] {
    return [this.#waiting.state, ...this.#frames.states()];
  }

  protected override restored(): void {
    for (const [key, time] of this.#waiting.times()) this.#timers.add(time, key);
    this.#frames.restored(this.#timers);
  }
}
