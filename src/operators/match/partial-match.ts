/** Partial matches: where in the automaton, and the rows taken so far. They share the rows that they have in common. */
import type { Row } from '../../model/row.ts';
import { Heap } from './heap.ts';

/** A row of a partition. `sequence` counts the partition's rows up. */
export type MatchEvent = Readonly<{ sequence: number; timeMs: number; row: Row }>;

/** The last row taken, and behind it those before. */
export type Taken = Readonly<{ event: MatchEvent; variable: string; previous: Taken | null }>;

/** `start` and `last` are null while no row is taken. */
export type PartialMatch = Readonly<{ state: number; start: MatchEvent | null; last: Taken | null }>;

/** Complete matches wait here while one that began earlier may still become one. */
export type MatchHeap = Heap<PartialMatch>;

export function matchHeap(items: readonly PartialMatch[] = []): MatchHeap {
  return new Heap(compareStarts, items);
}

/** The earlier beginning first; those that have not begun last. */
export function compareStarts(a: PartialMatch, b: PartialMatch): number {
  const [left, right] = [startOf(a), startOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function startOf({ start }: PartialMatch): number {
  return start === null ? Infinity : start.sequence;
}

/** The rows taken, from the first to the last. */
export function takenRows(last: Taken | null): Taken[] {
  const rows: Taken[] = [];
  for (let taken = last; taken !== null; taken = taken.previous) rows.push(taken);
  return rows.reverse();
}
