/** Window ends that wait for the watermark, each once: a binary heap. */
export class FireQueue {
  readonly #heap: number[] = [];
  readonly #queued = new Set<number>();

  /** The least end; Infinity when none waits. */
  peek(): number {
    return this.#heap[0] ?? Infinity;
  }

  add(end: number): void {
    if (this.#queued.has(end)) return;
    this.#queued.add(end);
    const heap = this.#heap;
    let place = heap.length;
    heap.push(end);
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (heap[parent]! <= end) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = end;
  }

  /** Removes the least end. */
  remove(): void {
    const heap = this.#heap;
    this.#queued.delete(heap[0]!);
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}
