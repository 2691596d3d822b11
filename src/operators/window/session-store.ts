/**
 * Sessions by key, in wall time: [first time, last time + gap). A row goes to the session that it touches (a distance of just the gap is
 * touching), which may join it with the one before. The chain of a key is in the order of time: rows in order look at its newest session
 * alone.
 *
 * Invariant: each session has one timer, at its end or before: a session that has grown since is looked at again later. One that was merged
 * away keeps its place until its timer has passed.
 */
import type { Column } from '../../model/column.ts';
import { RowTimers } from './row-timers.ts';
import type { SessionAccumulators } from './session-accumulators.ts';
import type { WindowClock } from './window-clock.ts';

/** Of a row that is late. */
export const noSession = -1;

export class SessionStore {
  readonly #sessions: SessionAccumulators;
  readonly #clock: WindowClock;
  readonly #gapMs: number;
  readonly #timers = new RowTimers();
  /** Called before accumulators are merged: rows that were given a session before have to be in it. */
  readonly #beforeMerge: () => void;

  constructor(sessions: SessionAccumulators, clock: WindowClock, gapMs: number, beforeMerge: () => void) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#gapMs = gapMs;
    this.#beforeMerge = beforeMerge;
  }

  bind(keys: readonly Column[]): void {
    this.#sessions.table.bind(keys);
  }

  /** Whether some session may end by a watermark. */
  mayEndBy(watermark: number): boolean {
    const { next } = this.#timers;
    return next !== Infinity && this.#clock.fireTime(next) <= watermark;
  }

  /** The session of a row with a wall time and the key at `index` of the bound columns; `noSession` where it would have ended already. */
  place(hash: number, index: number, wallMs: number, watermark: number): number {
    const sessions = this.#sessions;
    const { table } = sessions;
    const end = wallMs + this.#gapMs;
    let newer = -1;
    let row = table.newest(hash, index);
    while (row >= 0 && sessions.start(row) > end) {
      newer = row;
      row = table.older(row);
    }
    if (row >= 0 && sessions.end(row) >= wallMs) return this.#extend(row, wallMs, end);
    if (this.#clock.fireTime(end) <= watermark) return noSession;
    return this.#insert(hash, index, newer, row, wallMs, end);
  }

  /** A session as it was in a snapshot. */
  restore(hash: number, index: number, start: number, end: number): number {
    const sessions = this.#sessions;
    const { table } = sessions;
    let newer = -1;
    let row = table.newest(hash, index);
    while (row >= 0 && sessions.start(row) > start) {
      newer = row;
      row = table.older(row);
    }
    return this.#insert(hash, index, newer, row, start, end);
  }

  /** Takes sessions that have ended out, the earliest first, `rows.length` at the most; gives how many. They are read, then released. */
  takeEnded(watermark: number, rows: Int32Array): number {
    const { table } = this.#sessions;
    let count = 0;
    while (count < rows.length && this.mayEndBy(watermark)) {
      const { next } = this.#timers;
      const row = this.#timers.take();
      if (!table.isLive(row)) table.release(row);
      else if (this.#sessions.end(row) > next) this.#timers.add(this.#sessions.end(row), row);
      else {
        table.unlink(row);
        rows[count++] = row;
      }
    }
    return count;
  }

  release(rows: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.#sessions.table.release(rows[i]!);
  }

  bytes(): number {
    return this.#sessions.table.bytes() + this.#timers.bytes();
  }

  #insert(hash: number, index: number, newer: number, older: number, start: number, end: number): number {
    const row = this.#sessions.table.insert(hash, index, newer, older);
    this.#sessions.setBounds(row, start, end);
    this.#timers.add(end, row);
    return row;
  }

  #extend(row: number, start: number, end: number): number {
    const sessions = this.#sessions;
    const [oldStart, oldEnd] = [sessions.start(row), sessions.end(row)];
    if (start >= oldStart && end <= oldEnd) return row;
    const newEnd = Math.max(end, oldEnd);
    const older = start < oldStart ? sessions.table.older(row) : -1;
    if (older < 0 || sessions.end(older) < start) {
      sessions.setBounds(row, Math.min(start, oldStart), newEnd);
      return row;
    }
    this.#beforeMerge();
    sessions.mergeInto(older, row);
    sessions.setBounds(older, sessions.start(older), newEnd);
    sessions.table.unlink(row);
    return older;
  }
}
