/** Which keys want to be looked at when a time has passed: a heap of (time, key), each pair once. */

type Timer = Readonly<{ time: number; key: string }>;

export class Timers {
  readonly #heap: Timer[] = [];
  readonly #known = new Map<string, Set<number>>();

  /** Once is enough: a timer that is already there is not added again. */
  add(time: number, key: string): void {
    let times = this.#known.get(key);
    if (times === undefined) {
      times = new Set();
      this.#known.set(key, times);
    }
    if (times.has(time)) return;
    times.add(time);
    this.#push({ time, key });
  }

  /** The earliest time; Infinity without timers. */
  get next(): number {
    return this.#heap[0]?.time ?? Infinity;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Takes timers with time ≤ `until` out in the order of time (of equal times: of their adding is not kept), and gives each to `fire`, which may add new ones. */
  advance(until: number, fire: (key: string, time: number) => void): void {
    while (this.#heap.length > 0 && this.#heap[0]!.time <= until) {
      const { time, key } = this.#pop();
      const times = this.#known.get(key)!;
      times.delete(time);
      if (times.size === 0) this.#known.delete(key);
      fire(key, time);
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (heap[parent]!.time <= timer.time) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer {
    const heap = this.#heap;
    const [top, last] = [heap[0]!, heap.pop()!];
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.time < heap[child]!.time) child++;
      if (heap[child]!.time >= last.time) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
