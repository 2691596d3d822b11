/** What decides which rows an OVER window sees, for windows by event time. */
import type { Row } from '../../model/row.ts';
import type { StateHandle } from '../../state/keyed-state.ts';
import type { Timers } from '../rows/timers.ts';

/** A row, and the values of the window's functions. */
export type EmitResults = (row: Row, results: Row) => void;

/**
 * Called in this order for each row: `takes`, then (where it does) `await`; later, when the watermark has passed a time that is among the
 * timers, `fire` once for the key, with the rows that waited for this time.
 */
export interface Frames {
  states(): readonly StateHandle[];
  /** Whether the row is not late. */
  takes(key: string, time: number, watermark: number): boolean;
  /** The row's own timer is set already. */
  await(key: string, row: Row, time: number, timers: Timers): void;
  /** `rows` as they came; none: a timer that `await` has set. Emits each row with its results. */
  fire(key: string, time: number, rows: readonly Row[], emit: EmitResults): void;
  /** After a restore: timers of its own. */
  restored(timers: Timers): void;
}
