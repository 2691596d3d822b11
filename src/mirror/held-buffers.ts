/**
 * The bytes of responses, shared by the batches in them: a buffer is used again when the last of those is written. Their sum is bounded:
 * above it nothing more is fetched until writes have made room. Free ones are kept, up to as much again: were they left to the garbage
 * collector, it would run for them again and again, and the system would have to find and clear as much memory anew.
 */
const smallestPooled = 65_536; // smaller responses are left to the garbage collector

export class HeldBuffers {
  readonly #limit: number;
  readonly #room: () => void;
  readonly #free: Buffer[] = [];
  #held = 0;
  #freeBytes = 0;

  /** `limit` in bytes; `room` is called when there is some again. */
  constructor(limit: number, room: () => void) {
    this.#limit = limit;
    this.#room = room;
  }

  get full(): boolean {
    return this.#held >= this.#limit;
  }

  get heldBytes(): number {
    return this.#held;
  }

  take(size: number): Buffer {
    if (size < smallestPooled) return Buffer.allocUnsafe(size);
    const index = this.#free.findLastIndex((buffer) => buffer.length >= size);
    const [found] = this.#free.splice(Math.max(index, 0), 1); // one that is too small makes way for a new one
    this.#freeBytes -= found?.length ?? 0;
    if (index >= 0) return found!;
    return Buffer.allocUnsafeSlow(Math.ceil((size * 5) / 4)); // the next may be somewhat larger
  }

  hold(bytes: Buffer): HeldBuffer {
    this.#held += bytes.length;
    return new HeldBuffer(bytes, () => this.#give(bytes));
  }

  #give(bytes: Buffer): void {
    const wasFull = this.full;
    this.#held -= bytes.length;
    if (bytes.length >= smallestPooled && this.#freeBytes + bytes.length <= this.#limit) {
      this.#free.push(bytes);
      this.#freeBytes += bytes.length;
    }
    if (wasFull && !this.full) this.#room();
  }
}

/** Held once by who made it; each further holder says so. */
export class HeldBuffer {
  readonly bytes: Buffer;
  readonly #give: () => void;
  #holders = 1;

  constructor(bytes: Buffer, give: () => void) {
    this.bytes = bytes;
    this.#give = give;
  }

  hold(): void {
    this.#holders++;
  }

  release(): void {
    if (--this.#holders === 0) this.#give();
  }
}
