/** Rows by hash: open addressing over integers, from which rows are removed. What a row's key is the caller knows. */

const smallestBits = 5;
const golden = 0x9e3779b1; // 2^32 / φ: spreads hashes whose low bits a key group has fixed

/** Tells whether a row has the key at an index. */
export type RowKeys = Readonly<{ equals: (row: number, index: number) => boolean }>;

export class HashIndex {
  #slots = new Int32Array(2 << smallestBits); // pairs of row + 1 (0 = empty) and hash
  #bits = smallestBits;
  #size = 0;

  /** The row of the key at `index`, which has this hash; −1: there is none. */
  find(hash: number, index: number, keys: RowKeys): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = this.#slotOf(hash); slots[slot] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot + 1] === hash && keys.equals(slots[slot]! - 1, index)) return slots[slot]! - 1;
    }
    return -1;
  }

  add(hash: number, row: number): void {
    this.#put(this.#slots, hash, row);
    this.#size++;
    if (this.#size * 8 > this.#slots.length * 3) this.#grow(); // more than ¾ of the slots taken
  }

  replace(hash: number, row: number, by: number): void {
    this.#slots[this.#slotHolding(hash, row)] = by + 1;
  }

  /** What stands behind in the same run moves up, so that no run is broken. */
  remove(hash: number, row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#slotHolding(hash, row);
    for (let slot = (hole + 2) & mask; slots[slot] !== 0; slot = (slot + 2) & mask) {
      const distance = (slot - this.#slotOf(slots[slot + 1]!)) & mask;
      if (distance < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot]!;
      slots[hole + 1] = slots[slot + 1]!;
      hole = slot;
    }
    slots[hole] = 0;
    this.#size--;
  }

  bytes(): number {
    return this.#slots.byteLength;
  }

  #slotOf(hash: number): number {
    return (Math.imul(hash, golden) >>> (32 - this.#bits)) * 2;
  }

  #slotHolding(hash: number, row: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#slotOf(hash);
    while (slots[slot] !== row + 1) slot = (slot + 2) & mask;
    return slot;
  }

  #put(slots: Int32Array, hash: number, row: number): void {
    const mask = slots.length - 1;
    let slot = this.#slotOf(hash);
    while (slots[slot] !== 0) slot = (slot + 2) & mask;
    slots[slot] = row + 1;
    slots[slot + 1] = hash;
  }

  #grow(): void {
    const old = this.#slots;
    this.#bits++;
    this.#slots = new Int32Array(old.length * 2);
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] !== 0) this.#put(this.#slots, old[from + 1]!, old[from]! - 1);
    }
  }
}
