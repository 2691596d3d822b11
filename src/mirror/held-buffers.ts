/**
 * The bytes of responses, shared by the batches in them: a buffer is used again when the last of those is written. Their sum is bounded:
 * above it nothing more is fetched until writes have made room.
 */
const smallestPooled = 65_536; // smaller responses are left to the garbage collector
const mostFree = 8; // buffers kept for the next responses

export class HeldBuffers {
  readonly #limit: number;
  readonly #room: () => void;
  readonly #free: Buffer[] = [];
  #held = 0;

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
    const index = this.#free.findIndex((buffer) => buffer.length >= size);
    if (index >= 0) return this.#free.splice(index, 1)[0]!;
    this.#free.shift();
    return Buffer.allocUnsafeSlow(Math.ceil((size * 5) / 4)); // the next may be somewhat larger
  }

  hold(bytes: Buffer): HeldBuffer {
    this.#held += bytes.length;
    return new HeldBuffer(bytes, () => this.#give(bytes));
  }

  #give(bytes: Buffer): void {
    const wasFull = this.full;
    this.#held -= bytes.length;
    if (bytes.length >= smallestPooled && this.#free.length < mostFree) this.#free.push(bytes);
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
