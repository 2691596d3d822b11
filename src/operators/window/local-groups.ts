/** Numbers for (key, slice) pairs: open addressing over integers, bounded. */

/** At this many the local half is flushed: its accumulators stay in the processor's cache. */
export const maxLocalGroups = 1 << 16;

const slotBits = 17; // twice as many slots as groups
const mask = (1 << slotBits) - 1;

export class LocalGroups {
  /** By group: the key's number, the slice's number, and how many rows went in. */
  readonly keys = new Int32Array(maxLocalGroups);
  readonly slices = new Int32Array(maxLocalGroups);
  readonly rows = new Float64Array(maxLocalGroups);
  readonly #slots = new Int32Array(1 << slotBits); // group + 1, 0 = empty
  size = 0;

  /** The group of a pair, made when it is new; −1 when there is no room. */
  groupOf(key: number, slice: number): number {
    const slots = this.#slots;
    let slot = slotOf(key, slice);
    for (;;) {
      const group = slots[slot]! - 1;
      if (group < 0) return this.#add(key, slice, slot);
      if (this.keys[group] === key && this.slices[group] === slice) return group;
      slot = (slot + 1) & mask;
    }
  }

  clear(): void {
    if (this.size * 16 > maxLocalGroups) this.#slots.fill(0);
    else for (let group = this.size - 1; group >= 0; group--) this.#slots[this.#slotHolding(group)] = 0;
    this.rows.fill(0, 0, this.size);
    this.size = 0;
  }

  #add(key: number, slice: number, slot: number): number {
    if (this.size === maxLocalGroups) return -1;
    const group = this.size++;
    this.keys[group] = key;
    this.slices[group] = slice;
    this.#slots[slot] = group + 1;
    return group;
  }

  #slotHolding(group: number): number {
    let slot = slotOf(this.keys[group]!, this.slices[group]!);
    while (this.#slots[slot] !== group + 1) slot = (slot + 1) & mask;
    return slot;
  }
}

function slotOf(key: number, slice: number): number {
  return Math.imul(Math.imul(key, 0x85ebca6b) ^ Math.imul(slice + 1, 0xc2b2ae35), 0x9e3779b1) >>> (32 - slotBits);
}
