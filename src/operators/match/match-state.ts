/** What is kept of each partition: rows that wait for the watermark, and partial matches. How it is written and read. */
import { assert } from '../../model/errors.ts';
import type { Row } from '../../model/row.ts';
import { type Field, types } from '../../model/types.ts';
import type { StateTable } from '../../state/keyed-state.ts';
import type { Matches } from './matcher.ts';
import { type MatchEvent, matchHeap, type PartialMatch, type Taken, takenRows } from './partial-match.ts';

/** `waiting`: rows by their time, in the order in which they came. `sequence`: the number of the next row to be matched. */
export type PartitionState = {
  readonly waiting: Map<number, Row[]>;
  readonly matches: Matches;
  sequence: number;
  /** Rows of a snapshot that are not yet put together (`assemble`). */
  readonly pieces: Row[];
};

export function partitionState(matches: Matches): PartitionState {
  return { waiting: new Map(), matches, sequence: 0, pieces: [] };
}

/** Rows that wait have only `time` and `row`. A taken row has a place of its own, and that of the one before it (−1: it is the first). */
const kinds = { waiting: 0, taken: 1, partial: 2, completed: 3 } as const;

export type MatchStateSettings = Readonly<{
  keyFields: readonly Field[];
  rowFields: readonly Field[];
  variables: readonly string[];
}>;

export function matchTable({ keyFields, rowFields, variables }: MatchStateSettings): StateTable<PartitionState> {
  const int = types.of('int', false);
  return {
    name: 'matches',
    keyFields,
    valueFields: [
      { name: 'kind', type: int },
      { name: 'place', type: int },
      /** The variable of a taken row, the state of a match. */
      { name: 'state', type: int },
      { name: 'previous', type: int },
      { name: 'sequence', type: types.of('double', false) },
      { name: 'time', type: types.of('double', false) },
      /** By place: what the query calls its columns is no matter of the state. */
      { name: 'row', type: types.row(rowFields.map(({ type }, i) => ({ name: `f${i}`, type }))) },
    ],
    toRows: (state) => [...rowsOfState(state, variables)],
    fromRow: (state, row) => {
      const gathered = state ?? partitionState({ partial: matchHeap(), completed: matchHeap() });
      gathered.pieces.push(row);
      return gathered;
    },
    clone: ({ waiting, matches, sequence, pieces }) => ({
      waiting: new Map([...waiting].map(([time, rows]) => [time, [...rows]])),
      matches: { partial: matchHeap(matches.partial.items), completed: matchHeap(matches.completed.items) },
      sequence,
      pieces: [...pieces],
    }),
  };
}

function* rowsOfState({ waiting, matches }: PartitionState, variables: readonly string[]): Generator<Row> {
  let place = 0;
  for (const [time, rows] of waiting) {
    for (const row of rows) yield [kinds.waiting, place++, 0, -1, 0, time, [...row]];
  }
  const places = new Map<Taken, number>();
  for (const { last } of [...matches.partial.items, ...matches.completed.items]) {
    for (const taken of takenRows(last)) {
      if (places.has(taken)) continue;
      const { event, variable, previous } = taken;
      const before = previous === null ? -1 : places.get(previous)!;
      yield [
        kinds.taken,
        places.size,
        variables.indexOf(variable),
        before,
        event.sequence,
        event.timeMs,
        [...event.row],
      ];
      places.set(taken, places.size);
    }
  }
  for (const [kind, heap] of [
    [kinds.partial, matches.partial],
    [kinds.completed, matches.completed],
  ] as const) {
    for (const [i, { state, last }] of heap.items.entries()) {
      yield [kind, i, state, last === null ? -1 : places.get(last)!, 0, 0, null];
    }
  }
}

/** The state that the pieces make, whatever their order. */
export function assemble({ pieces }: PartitionState, variables: readonly string[]): PartitionState {
  const ordered = [...pieces].sort((a, b) => (a[1] as number) - (b[1] as number));
  const ofKind = (kind: number): Row[] => ordered.filter((piece) => piece[0] === kind);
  const taken = takenOf(ofKind(kinds.taken), variables);
  const matchesOf = (kind: number): PartialMatch[] =>
    ofKind(kind).map(([, , state, previous]) => matchOf(state as number, taken[previous as number] ?? null));
  const state = partitionState({
    partial: matchHeap(matchesOf(kinds.partial)),
    completed: matchHeap(matchesOf(kinds.completed)),
  });
  for (const [, , , , , time, row] of ofKind(kinds.waiting)) addWaiting(state, time as number, row as Row);
  state.sequence = taken.reduce((next, { event }) => Math.max(next, event.sequence + 1), 0);
  return state;
}

export function addWaiting({ waiting }: PartitionState, timeMs: number, row: Row): void {
  const rows = waiting.get(timeMs);
  if (rows === undefined) waiting.set(timeMs, [row]);
  else rows.push(row);
}

/** A row taken by several matches in several ways is one event again: it is known by its number. */
function takenOf(pieces: readonly Row[], variables: readonly string[]): Taken[] {
  const events = new Map<number, MatchEvent>();
  const taken: Taken[] = [];
  for (const piece of pieces) {
    const [, , variable, previous, sequence, timeMs, row] = piece as [0, number, number, number, number, number, Row];
    const event = events.get(sequence) ?? { sequence, timeMs, row };
    events.set(sequence, event);
    const before = previous < 0 ? null : taken[previous];
    assert(before !== undefined, () => `a taken row behind row ${previous}, which is not there`);
    taken.push({ event, variable: variables[variable]!, previous: before });
  }
  return taken;
}

function matchOf(state: number, last: Taken | null): PartialMatch {
  let first = last;
  while (first !== null && first.previous !== null) first = first.previous;
  return { state, start: first?.event ?? null, last };
}
