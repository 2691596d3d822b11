/**
 * Records that wait for their delayed delivery: a binary heap by (time due, order of arrival). Its size is bounded by the settings
 * (fleet-options.ts refuses more than some millions in the mean).
 */
import { Readings } from './readings.ts';

const firstCapacity = 64;

export class HeldRecords {
  #rows = new Readings(firstCapacity);
  #free: number[] = [];
  /** Heap of rows, by due time and arrival. */
  #heap = new Int32Array(firstCapacity);
  #arrival = new Float64Array(firstCapacity);
  #size = 0;
  #arrivals = 0;

  /** Infinity when nothing waits. */
  get nextDueMs(): number {
    return this.#size === 0 ? Infinity : this.#rows.dueMs[this.#heap[0]!]!;
  }

  /** Keeps a copy of a row of `source`, as a record of `kind` that is due then. */
  push(source: Readings, from: number, kind: number, dueMs: number): void {
    if (this.#size === this.#rows.capacity) this.#grow();
    const row = this.#free.pop() ?? this.#size;
    this.#rows.copyRow(source, from, row);
    this.#rows.kind[row] = kind;
    this.#rows.dueMs[row] = dueMs;
    this.#arrival[row] = this.#arrivals++;
    this.#heap[this.#size] = row;
    this.#rise(this.#size++);
  }

  /** Moves the one that is due first to the end of `target`. */
  popInto(target: Readings): void {
    const row = this.#heap[0]!;
    target.copyRow(this.#rows, row, target.length++);
    this.#free.push(row);
    this.#size--;
    if (this.#size === 0) return;
    this.#heap[0] = this.#heap[this.#size]!;
    this.#sink();
  }

  #before(a: number, b: number): boolean {
    const dueA = this.#rows.dueMs[a]!;
    const dueB = this.#rows.dueMs[b]!;
    return dueA < dueB || (dueA === dueB && this.#arrival[a]! < this.#arrival[b]!);
  }

  #rise(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.#size) return;
      const right = left + 1;
      const least = right < this.#size && this.#before(heap[right]!, heap[left]!) ? right : left;
      if (!this.#before(heap[least]!, heap[at]!)) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }

  #grow(): void {
    const capacity = this.#rows.capacity * 2;
    this.#rows = this.#rows.grown(capacity);
    const heap = new Int32Array(capacity);
    heap.set(this.#heap);
    this.#heap = heap;
    const arrival = new Float64Array(capacity);
    arrival.set(this.#arrival);
    this.#arrival = arrival;
  }
}
