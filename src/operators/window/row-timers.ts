/** Rows by the time at which to look at them: a binary heap in typed arrays, for tens of millions of rows. */

const smallest = 64;
const growth = 1.5;

export class RowTimers {
  #times = new Float64Array(smallest);
  #rows = new Int32Array(smallest);
  #size = 0;

  /** The least time; Infinity when there is none. */
  get next(): number {
    return this.#size === 0 ? Infinity : this.#times[0]!;
  }

  add(time: number, row: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const [times, rows] = [this.#times, this.#rows];
    let place = this.#size++;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (times[parent]! <= time) break;
      times[place] = times[parent]!;
      rows[place] = rows[parent]!;
      place = parent;
    }
    times[place] = time;
    rows[place] = row;
  }

  /** Removes the least time and gives its row. */
  take(): number {
    const row = this.#rows[0]!;
    this.#size--;
    if (this.#size > 0) this.#sink(this.#times[this.#size]!, this.#rows[this.#size]!);
    return row;
  }

  bytes(): number {
    return this.#times.byteLength + this.#rows.byteLength;
  }

  /** From the top down to its place. */
  #sink(time: number, row: number): void {
    const [times, rows, size] = [this.#times, this.#rows, this.#size];
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= time) break;
      times[place] = times[child]!;
      rows[place] = rows[child]!;
      place = child;
    }
    times[place] = time;
    rows[place] = row;
  }

  #grow(): void {
    const capacity = Math.ceil(this.#times.length * growth);
    const times = new Float64Array(capacity);
    times.set(this.#times);
    this.#times = times;
    const rows = new Int32Array(capacity);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
