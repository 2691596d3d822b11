/**
 * The accumulators of the global half: a table of keys for each slice, and which window ends wait for the watermark. Invariant: of every
 * slice that is held, the least window end that has not fired is in the queue.
 *
 * A fired window's slices are merged into its rows: one for TUMBLE, all of them anew for HOP; with CUMULATE the first slice of the largest
 * window gathers those that have fired.
 */
import type { Column } from '../../model/column.ts';
import { type AccumulatorLayout, AccumulatorTable } from '../aggregate/accumulator-table.ts';
import { FireQueue } from './fire-queue.ts';
import type { Slices } from './slices.ts';
import type { WindowProgress } from './window-progress.ts';

export class SliceStore {
  readonly #layout: AccumulatorLayout;
  readonly #slices: Slices;
  readonly #progress: WindowProgress;
  readonly #tables = new Map<number, AccumulatorTable>();
  readonly #queue = new FireQueue();

  constructor(layout: AccumulatorLayout, slices: Slices, progress: WindowProgress) {
    this.#layout = layout;
    this.#slices = slices;
    this.#progress = progress;
  }

  /** The least window end that has not fired and may have rows; Infinity when there is none. */
  nextWindowEnd(): number {
    return this.#queue.peek();
  }

  /** By slice end. */
  tables(): ReadonlyMap<number, AccumulatorTable> {
    return this.#tables;
  }

  bytes(): number {
    let sum = 0;
    for (const table of this.#tables.values()) sum += table.bytes();
    return sum;
  }

  /** Merges accumulators [from, to) of one slice, of which some window has not fired. */
  add(
    end: number,
    keys: readonly Column[],
    hashes: Int32Array,
    cells: readonly Column[],
    from: number,
    to: number,
  ): void {
    const isFiredPart = this.#slices.window.kind === 'cumulate' && this.#progress.hasFired(end);
    const target = isFiredPart ? this.#slices.firstSliceEnd(end) : end;
    if (!this.#tables.has(target)) this.#queue.add(this.#firstUnfired(target));
    this.restore(target, keys, hashes, cells, from, to);
  }

  /** Merges accumulators as they were in a snapshot. The invariant holds again after `schedule`. */
  restore(
    end: number,
    keys: readonly Column[],
    hashes: Int32Array,
    cells: readonly Column[],
    from: number,
    to: number,
  ): void {
    let table = this.#tables.get(end);
    if (table === undefined) {
      table = new AccumulatorTable(this.#layout);
      this.#tables.set(end, table);
    }
    table.merge(keys, hashes, cells, from, to);
  }

  /** Queues what every slice waits for: when state was restored and the watermark is known. */
  schedule(): void {
    for (const end of this.#tables.keys()) this.#queue.add(this.#firstUnfired(end));
  }

  /** Takes the least window end, whose time has come. Gives its rows, null when it has none, and drops what no later window needs. */
  fire(): AccumulatorTable | null {
    const end = this.#queue.peek();
    this.#queue.remove();
    switch (this.#slices.window.kind) {
      case 'tumble':
        return this.#take(end);
      case 'hop':
        return this.#fireHop(end, this.#slices.window.sizeMs);
      case 'cumulate':
        return this.#fireCumulate(end);
    }
  }

  #fireHop(windowEnd: number, sizeMs: number): AccumulatorTable | null {
    const { sliceMs } = this.#slices;
    const parts: AccumulatorTable[] = [];
    for (let end = windowEnd - sizeMs + sliceMs; end <= windowEnd; end += sliceMs) {
      const table = this.#tables.get(end);
      if (table !== undefined) parts.push(table);
    }
    this.#tables.delete(windowEnd - sizeMs + sliceMs);
    for (let end = windowEnd - sizeMs + 2 * sliceMs; end <= windowEnd + sliceMs; end += sliceMs) {
      if (this.#tables.has(end)) this.#queue.add(windowEnd + sliceMs);
    }
    const [first, ...others] = parts;
    if (first === undefined || others.length === 0) return first ?? null;
    const merged = new AccumulatorTable(this.#layout);
    for (const part of parts) merged.mergeTable(part);
    return merged;
  }

  #fireCumulate(windowEnd: number): AccumulatorTable | null {
    const firstEnd = this.#slices.firstSliceEnd(windowEnd);
    const own = windowEnd === firstEnd ? null : this.#take(windowEnd);
    if (own !== null) {
      const gathered = this.#tables.get(firstEnd);
      if (gathered === undefined) this.#tables.set(firstEnd, own);
      else gathered.mergeTable(own);
    }
    const table = this.#tables.get(firstEnd) ?? null;
    if (windowEnd === this.#slices.lastWindowEnd(windowEnd)) this.#tables.delete(firstEnd);
    else if (table !== null) this.#queue.add(windowEnd + this.#slices.sliceMs);
    return table;
  }

  #take(end: number): AccumulatorTable | null {
    const table = this.#tables.get(end) ?? null;
    this.#tables.delete(end);
    return table;
  }

  #firstUnfired(sliceEnd: number): number {
    let end = sliceEnd;
    while (this.#progress.hasFired(end)) end += this.#slices.sliceMs;
    return end;
  }
}
