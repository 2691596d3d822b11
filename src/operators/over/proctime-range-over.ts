/** OVER with a bounded RANGE of processing time: the rows of a millisecond go out together when it has passed. */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import { assert } from '../../model/errors.ts';
import type { OverSpec } from '../../model/job-graph.ts';
import type { Operator } from '../../model/operator.ts';
import { keyText, type Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import type { StateHandle } from '../../state/keyed-state.ts';
import { WaitingRows } from '../rows/row-lists.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { Timers } from '../rows/timers.ts';
import { BoundedRangeFrames } from './bounded-frames.ts';
import { OverAggregates } from './over-aggregates.ts';

const arrivalField: Field = { name: 'arrival', type: types.of('bigint', false) };

export class ProctimeRangeOverOperator extends RowOperator implements Operator {
  /** Rows have the time of their arrival behind them. */
  readonly #spec: OverSpec;
  readonly #waiting: WaitingRows;
  readonly #timers = new Timers();
  #frames!: BoundedRangeFrames;

  constructor(spec: OverSpec) {
    super([spec.inputFields], spec.fields);
    const inputFields = [...spec.inputFields, arrivalField];
    this.#spec = { ...spec, inputFields };
    const keys = spec.partition;
    this.#waiting = new WaitingRows({ name: 'over-waiting', keys, rowFields: inputFields }, arrivalOf);
  }

  protected override opened(): void {
    const aggregates = new OverAggregates(this.#spec, this.ctx.session);
    this.#frames = new BoundedRangeFrames(this.#spec, aggregates, arrivalOf);
  }

  protected override row(change: number, row: Row): Fate {
    assert(change === op.insert, () => 'OVER by a time attribute takes inserts only');
    const key = keyText(row, this.#spec.partition);
    const now = this.ctx.session.now();
    this.#waiting.add(key, now, [...row, now]);
    this.#timers.add(now, key);
    this.#frames.await(key, row, now, this.#timers);
    return fate.waits;
  }

  processTime(nowMs: number): void {
    this.finishRestore();
    const arrival = this.#spec.inputFields.length - 1;
    this.#timers.advance(nowMs - 1, (key, time) => {
      this.#frames.fire(key, time, this.#waiting.take(key, time), (row, results) => {
        this.output.addJoined(op.insert, row.slice(0, arrival), results);
      });
    });
    this.output.flush();
  }

  protected override advance(): void {}

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

function arrivalOf(row: Row): number {
  return row.at(-1) as number;
}
