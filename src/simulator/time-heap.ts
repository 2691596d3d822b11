/** What waits for its time: a binary heap by (time, order of arrival). */
export class TimeHeap<T> {
  #times: number[] = [];
  #arrivals: number[] = [];
  #items: T[] = [];
  #count = 0;

  get size(): number {
    return this.#items.length;
  }

  /** Infinity when nothing waits. */
  get nextMs(): number {
    return this.#times.length === 0 ? Infinity : this.#times[0]!;
  }

  /** The one that is due first; there is one. */
  get first(): T {
    return this.#items[0]!;
  }

  push(item: T, ms: number): void {
    this.#rise(this.#items.length, item, ms, this.#count++);
  }

  /** Gives the first one another time. */
  putOff(ms: number): void {
    this.#sink(this.first, ms, this.#count++);
  }

  pop(): T {
    const { first } = this;
    const [item, ms, arrival] = [this.#items.pop()!, this.#times.pop()!, this.#arrivals.pop()!];
    if (this.#items.length > 0) this.#sink(item, ms, arrival);
    return first;
  }

  #place(at: number, item: T, ms: number, arrival: number): void {
    this.#items[at] = item;
    this.#times[at] = ms;
    this.#arrivals[at] = arrival;
  }

  #move(from: number, to: number): void {
    this.#place(to, this.#items[from]!, this.#times[from]!, this.#arrivals[from]!);
  }

  #isAfter(at: number, ms: number, arrival: number): boolean {
    return this.#times[at]! > ms || (this.#times[at] === ms && this.#arrivals[at]! > arrival);
  }

  /** Puts it at the hole `from`, or above. */
  #rise(from: number, item: T, ms: number, arrival: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isAfter(parent, ms, arrival)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#place(at, item, ms, arrival);
  }

  /** Puts it in place of the first one, or below. */
  #sink(item: T, ms: number, arrival: number): void {
    const size = this.#items.length;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= size) break;
      const right = left + 1;
      const least = right < size && this.#isAfter(left, this.#times[right]!, this.#arrivals[right]!) ? right : left;
      if (this.#isAfter(least, ms, arrival)) break;
      this.#move(least, at);
      at = least;
    }
    this.#place(at, item, ms, arrival);
  }
}
