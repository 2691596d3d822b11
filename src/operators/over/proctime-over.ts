/** OVER by processing time, but for bounded RANGE: each row goes out at once. */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import { assert } from '../../model/errors.ts';
import type { OverSpec } from '../../model/job-graph.ts';
import { keyText, type Row } from '../../model/row.ts';
import type { StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { BoundedRowsFrames } from './bounded-frames.ts';
import type { Frames } from './frames.ts';
import { OverAggregates } from './over-aggregates.ts';
import { UnboundedFrames } from './unbounded-frames.ts';

export class ProctimeOverOperator extends RowOperator {
  readonly #spec: OverSpec;
  #frames!: Frames;

  constructor(spec: OverSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
  }

  protected override opened(): void {
    const { stateTtlMs: ms, frame } = this.#spec;
    const ttl = this.ttl(ms);
    const aggregates = new OverAggregates(this.#spec, this.ctx.session);
    const Kind = frame.preceding === null ? UnboundedFrames : BoundedRowsFrames;
    this.#frames = new Kind(this.#spec, aggregates, ttl);
  }

  protected override row(change: number, row: Row): Fate {
    assert(change === op.insert, () => 'OVER by a time attribute takes inserts only');
    const now = this.ctx.session.now();
    this.#frames.fire(keyText(row, this.#spec.partition), now, [row], (_, results) => {
      this.output.addJoined(op.insert, row, results);
    });
    return fate.passed;
  }

  protected override advance(): void {}

  protected override waitingRows(): number {
    return 0;
  }

  protected override states(): readonly StateHandle[] {
    return this.#frames.states();
  }
}
