const maxPooled = 2; // one being read, one being filled: further ones are left to the garbage collector
const smallestBuffer = 65_536;

/** Buffers for large responses, used again: allocating megabytes anew for each costs more than filling them. */
export class BufferPool {
  readonly #free: Buffer[] = [];

  take(size: number): Buffer {
    const index = this.#free.findIndex((buffer) => buffer.length >= size);
    if (index >= 0) return this.#free.splice(index, 1)[0]!;
    this.#free.shift();
    return Buffer.allocUnsafeSlow(Math.max(size, smallestBuffer));
  }

  give(buffer: Buffer): void {
    if (this.#free.length < maxPooled) this.#free.push(buffer);
  }
}
