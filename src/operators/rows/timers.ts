/** Which keys want to be looked at when a time has passed: a heap of times, with the keys of each, each pair once. */

/** One key mostly, where rows have times of their own; many of a window's end. */
type Keys = string | Set<string>;

export class Timers {
  readonly #heap: number[] = [];
  readonly #keys = new Map<number, Keys>();

  /** Once is enough: a timer that is already there is not added again. */
  add(time: number, key: string): void {
    const keys = this.#keys.get(time);
    if (keys === undefined) {
      this.#keys.set(time, key);
      this.#push(time);
    } else if (typeof keys !== 'string') keys.add(key);
    else if (keys !== key) this.#keys.set(time, new Set([keys, key]));
  }

  /** The earliest time; Infinity without timers. */
  get next(): number {
    return this.#heap[0] ?? Infinity;
  }

  /** Takes timers with time ≤ `until` out in the order of time, of equal times as they were added, and gives each to `fire`, which may add new ones. */
  advance(until: number, fire: (key: string, time: number) => void): void {
    while (this.#heap.length > 0 && this.#heap[0]! <= until) {
      const time = this.#pop();
      const keys = this.#keys.get(time)!;
      this.#keys.delete(time);
      if (typeof keys === 'string') fire(keys, time);
      else for (const key of keys) fire(key, time);
    }
  }

  #push(time: number): void {
    const heap = this.#heap;
    let at = heap.push(time) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (heap[parent]! <= time) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = time;
  }

  #pop(): number {
    const heap = this.#heap;
    const [top, last] = [heap[0]!, heap.pop()!];
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
