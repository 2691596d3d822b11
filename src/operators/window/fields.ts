/**
 * The row between the two halves of a windowed aggregation:
 *
 * | column | type | |
 * |---|---|---|
 * | the keys | as in the input | in the order of `keys` |
 * | `$slice_end` | TIMESTAMP(3) NOT NULL | end of the slice in wall time (`WindowTime`), exclusive |
 * | `$a<i>_<cell>` | the cell's | the accumulator cells of aggregate i, in the order of its implementation |
 * | `$rows` | BIGINT NOT NULL | how many rows went in: late ones are counted as rows |
 *
 * The second half's state has the same columns but `$rows`.
 */
import type { SessionContext } from '../../model/function.ts';
import type { AggregateCall } from '../../model/plan.ts';
import { type Field, types } from '../../model/types.ts';
import { bindAggregates } from '../aggregate/bound-aggregate.ts';

type LocalParts = Readonly<{
  keys: readonly number[];
  aggregates: readonly AggregateCall[];
  /** Of the row that is aggregated. */
  inputFields: readonly Field[];
}>;

/** `fields` of the local and `inputFields` of the global half's spec. */
export function localWindowFields({ keys, aggregates, inputFields }: LocalParts): Field[] {
  const cells = bindAggregates(aggregates, inputFields, noSession).flatMap((aggregate, i) =>
    aggregate.cells.map(({ name, type }) => ({ name: `$a${i}_${name}`, type })),
  );
  return [
    ...keys.map((key) => inputFields[key]!),
    { name: '$slice_end', type: types.timestamp(3, false) },
    ...cells,
    { name: '$rows', type: types.of('bigint', false) },
  ];
}

/** Names and types of cells depend on no session. */
const noSession: SessionContext = { timeZone: 'UTC', now: () => 0, random: () => 0 };
