/** Buffers that came back, for the next batch. Bounded: what is more is left to the garbage collector. */
const smallestSlab = 16 * 1024; // bytes
const maxKept = 32; // slabs

export class SlabPool {
  readonly #slabs: ArrayBuffer[] = [];

  /** A buffer of at least `bytes`; it may hold old bytes. */
  take(bytes: number): ArrayBuffer {
    const index = this.#slabs.findIndex((slab) => slab.byteLength >= bytes);
    if (index < 0) return new ArrayBuffer(Math.max(smallestSlab, 2 ** Math.ceil(Math.log2(bytes))));
    const slab = this.#slabs[index]!;
    this.#slabs[index] = this.#slabs.at(-1)!;
    this.#slabs.pop();
    return slab;
  }

  give(slab: ArrayBuffer): void {
    if (this.#slabs.length < maxKept) this.#slabs.push(slab);
  }
}
