/** ORDER BY a rowtime: rows go out in the order of their times when the watermark has reached them. Late is what is not above the last that went out. */
import { type Fate, fate } from '../../model/account.ts';
import { op } from '../../model/column.ts';
import { assert } from '../../model/errors.ts';
import type { TemporalSortSpec } from '../../model/job-graph.ts';
import type { Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import { KeyedState, type StateHandle } from '../../state/keyed-state.ts';
import { WaitingRows } from '../rows/row-lists.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { type CompareRows, rowOrder } from '../rows/row-order.ts';
import { rowTimeMs } from '../rows/row-time.ts';
import { Timers } from '../rows/timers.ts';

const lastField: Field = { name: 'last_time', type: types.of('bigint', false) };

export class TemporalSortOperator extends RowOperator {
  readonly #waiting: WaitingRows;
  readonly #timeOf: (row: Row) => number;
  readonly #compare: CompareRows;
  readonly #timers = new Timers();
  /** One entry: the time of the rows that went out last. */
  readonly #last = new KeyedState<number>({
    name: 'sort-last',
    keyFields: [],
    valueFields: [lastField],
    toRows: (time) => [[time]],
    fromRow: (_, row) => row[0] as number,
    clone: (time) => time,
  });

  constructor({ inputFields, fields, time, order }: TemporalSortSpec) {
    super([inputFields], fields);
    const { type } = inputFields[time]!;
    this.#timeOf = (row) => rowTimeMs(row[time]!, type);
    this.#compare = rowOrder(order);
    this.#waiting = new WaitingRows({ name: 'sort-rows', keys: [], rowFields: inputFields }, this.#timeOf);
  }

  protected override opened(): void {}

  protected override row(change: number, row: Row): Fate {
    assert(change === op.insert, () => 'ORDER BY a time attribute takes inserts only');
    const time = this.#timeOf(row);
    const last = this.#last.get('');
    if (last !== undefined && time <= last) {
      return fate.late;
    }
    this.#waiting.add('', time, row);
    this.#timers.add(time, '');
    return fate.waits;
  }

  protected override advance(watermark: number): void {
    this.#timers.advance(watermark, (key, time) => {
      const rows = this.#waiting.take(key, time);
      for (const row of [...rows].sort(this.#compare)) this.output.insert(row);
      this.#last.set('', [], time);
    });
  }

  protected override waitingRows(): number {
    return this.#waiting.size;
  }

  protected override states(): readonly StateHandle[] {
    return [this.#waiting.state, this.#last];
  }

  protected override restored(): void {
    for (const [key, time] of this.#waiting.times()) this.#timers.add(time, key);
  }
}
