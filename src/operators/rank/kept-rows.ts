/** State of deduplications: a row for each key. */
import type { Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import { KeyedState, type StateTtl } from '../../state/keyed-state.ts';

/** The row of a key of which only is to be known that it was there. */
export const seen: Row = [true];
export const seenFields: readonly Field[] = [{ name: 'seen', type: types.of('boolean', false) }];

export function keptRows(
  name: string,
  keyFields: readonly Field[],
  rowFields: readonly Field[],
  ttl: StateTtl | null,
): KeyedState<Row> {
  return new KeyedState<Row>(
    { name, keyFields, valueFields: rowFields, toRows: (row) => [row], fromRow: (_, row) => row, clone: (row) => row },
    ttl,
  );
}
