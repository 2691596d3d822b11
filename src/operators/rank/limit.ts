/** LIMIT without an order: the first rows that come. Of rows that change it is a Top-N whose order is that of arrival. */
import { type Fate, fate } from '../../model/account.ts';
import type { LimitSpec } from '../../model/job-graph.ts';
import type { Operator } from '../../model/operator.ts';
import type { Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import { KeyedState, type StateHandle } from '../../state/keyed-state.ts';
import { RowOperator } from '../rows/row-operator.ts';
import { RankOperator } from './rank-operator.ts';

const countField: Field = { name: 'count', type: types.of('bigint', false) };

export function limitOperator(spec: LimitSpec): Operator {
  const { update, delete: deletes } = spec.inputChanges;
  if (!update && !deletes) return new LimitOperator(spec);
  const rank = {
    partition: [],
    order: [],
    outputRank: false,
    window: null,
    unique: null,
    falls: false,
    timeZone: null,
    stateTtlMs: null,
  };
  return new RankOperator({ ...spec, ...rank, kind: 'rank' });
}

class LimitOperator extends RowOperator {
  readonly #spec: LimitSpec;
  /** One entry: how many rows have come, up to the limit. */
  readonly #count = new KeyedState<number>({
    name: 'limit-count',
    keyFields: [],
    valueFields: [countField],
    toRows: (count) => [[count]],
    fromRow: (_, row) => row[0] as number,
    clone: (count) => count,
  });

  constructor(spec: LimitSpec) {
    super([spec.inputFields], spec.fields);
    this.#spec = spec;
  }

  protected override opened(): void {}

  protected override row(_change: number, row: Row): Fate {
    const count = this.#count.get('') ?? 0;
    if (count === this.#spec.to) return fate.surplus;
    this.#count.set('', [], count + 1);
    if (count + 1 < this.#spec.from) return fate.surplus;
    this.output.insert(row);
    return fate.passed;
  }

  protected override advance(): void {}

  protected override waitingRows(): number {
    return 0;
  }

  protected override states(): readonly StateHandle[] {
    return [this.#count];
  }
}
