/**
 * A heap as an array, laid out exactly as java.util.PriorityQueue lays it out: partial matches are tried in the order of Flink's heap, and of
 * matches with the same first row that order decides which comes first.
 */
export class Heap<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #items: T[];

  /** `items`: of another heap with the same order. */
  constructor(compare: (a: T, b: T) => number, items: readonly T[] = []) {
    this.#compare = compare;
    this.#items = [...items];
  }

  /** In the order of the array. */
  get items(): readonly T[] {
    return this.#items;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (this.#compare(item, items[parent]!) >= 0) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  shift(): T | undefined {
    const [first] = this.#items;
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last, 0);
    return first;
  }

  removeAll(test: (item: T) => boolean): void {
    const items = this.#items;
    const kept = items.filter((item) => !test(item));
    if (kept.length === items.length) return;
    items.splice(0, items.length, ...kept);
    for (let at = (items.length >>> 1) - 1; at >= 0; at--) this.#sink(items[at]!, at);
  }

  /** Moves an item down from `at` to where it belongs. */
  #sink(item: T, start: number): void {
    const items = this.#items;
    const half = items.length >>> 1;
    let at = start;
    while (at < half) {
      let child = at * 2 + 1;
      if (child + 1 < items.length && this.#compare(items[child]!, items[child + 1]!) > 0) child++;
      if (this.#compare(item, items[child]!) <= 0) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}
