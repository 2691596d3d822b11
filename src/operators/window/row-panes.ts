/** Windows that are aggregated row by row: what a key has of each, and how it is written. */
import type { SqlValue } from '../../model/function.ts';
import type { Row } from '../../model/row.ts';
import { type Field, types, withNullable } from '../../model/types.ts';
import type { StateTable } from '../../state/keyed-state.ts';
import type { Accumulators, RowAggregates } from '../aggregate/row-aggregates.ts';

export type RowPane = {
  /** Wall time, ms. */
  start: number;
  end: number;
  /** Rows that are in it: added and not taken back. */
  count: number;
  accumulators: Accumulators;
  /** What was emitted last and holds; null: nothing. */
  previous: readonly SqlValue[] | null;
  /** Whether its end has passed. */
  fired: boolean;
  /** The processing time of the next early or late firing; null: none is due. */
  nextFiring: number | null;
};

const time = types.of('double', false);
const flag = types.of('boolean', false);
const ownColumns = 6;

/** A row of state for each window. `results`: the fields of the aggregates' results. */
export function paneTable(
  keyFields: readonly Field[],
  results: readonly Field[],
  aggregates: RowAggregates,
): StateTable<RowPane[]> {
  return {
    name: 'window-panes',
    keyFields,
    valueFields: [
      { name: '$start', type: time },
      { name: '$end', type: time },
      { name: '$count', type: types.of('bigint', false) },
      { name: '$fired', type: flag },
      { name: '$next_firing', type: types.of('double') },
      { name: '$emitted', type: flag },
      ...results.map(({ name, type }) => ({ name, type: withNullable(type, true) })),
      ...aggregates.fields,
    ],
    *toRows(panes) {
      for (const { start, end, count, fired, nextFiring, previous, accumulators } of panes) {
        const shown = previous ?? results.map(() => null);
        yield [start, end, count, fired, nextFiring, previous !== null, ...shown, ...aggregates.toRow(accumulators)];
      }
    },
    fromRow: (panes, row) => {
      const list = panes ?? [];
      list.push(paneOf(row, results.length, aggregates));
      return list.sort((a, b) => a.end - b.end || a.start - b.start);
    },
    clone: (panes) => panes.map((pane) => ({ ...pane, accumulators: aggregates.clone(pane.accumulators) })),
  };
}

function paneOf(row: Row, resultCount: number, aggregates: RowAggregates): RowPane {
  const [start, end, count, fired, nextFiring, emitted] = row as [number, number, number, boolean, number, boolean];
  const cells = row.slice(ownColumns + resultCount);
  return {
    start,
    end,
    count: Number(count),
    fired,
    nextFiring,
    previous: emitted ? row.slice(ownColumns, ownColumns + resultCount) : null,
    accumulators: aggregates.fromRow(cells),
  };
}
