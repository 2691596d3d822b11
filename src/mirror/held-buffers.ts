/**
 * The bytes of responses, shared by the batches in them: their place is used again when the last of those is written. Their sum is bounded:
 * above it nothing more is fetched until writes have made room.
 *
 * Places are cut out of a few large buffers that stay. One buffer a response would be megabytes a second for the garbage collector, which
 * marks the whole heap each time that so much memory has come anew; and the system would have to find and clear it.
 */
const smallestPlaced = 65_536; // smaller responses are left to the garbage collector
const slabBytes = 33_554_432; // of which the system gives what is touched: the lowest free place is taken first
const placeBytes = 65_536; // places are multiples of it, so that what is free between others fits again

export class HeldBuffers {
  readonly #limit: number;
  readonly #room: () => void;
  readonly #slabs: Slab[] = [];
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

  /** Room for a response of `size` bytes, held by who asks for it. */
  take(size: number): HeldBuffer {
    this.#held += size;
    if (size < smallestPlaced) return new HeldBuffer(Buffer.allocUnsafe(size), () => this.#gone(size));
    const slab = this.#slabs.find((one) => one.fits(size)) ?? this.#slab(size);
    const { bytes, from } = slab.take(size);
    return new HeldBuffer(bytes, () => {
      slab.give(from, size);
      this.#gone(size);
    });
  }

  #slab(size: number): Slab {
    const slab = new Slab(Math.max(slabBytes, placed(size)));
    this.#slabs.push(slab);
    return slab;
  }

  #gone(size: number): void {
    const wasFull = this.full;
    this.#held -= size;
    if (wasFull && !this.full) this.#room();
  }
}

/** A large buffer, and what of it is free: ranges by place, none of which touches the next. */
class Slab {
  readonly #bytes: Buffer;
  #free: Readonly<{ from: number; to: number }>[];

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#free = [{ from: 0, to: size }];
  }

  fits(size: number): boolean {
    return this.#free.some(({ from, to }) => to - from >= placed(size));
  }

  /** Of what fits, the first place. */
  take(size: number): Readonly<{ bytes: Buffer; from: number }> {
    const index = this.#free.findIndex(({ from, to }) => to - from >= placed(size));
    const { from, to } = this.#free[index]!;
    const rest = { from: from + placed(size), to };
    this.#free.splice(index, 1, ...(rest.from < rest.to ? [rest] : []));
    return { bytes: this.#bytes.subarray(from, from + size), from };
  }

  give(from: number, size: number): void {
    const to = from + placed(size);
    const before = this.#free.find((range) => range.to === from);
    const behind = this.#free.find((range) => range.from === to);
    const joined = { from: before?.from ?? from, to: behind?.to ?? to };
    const others = this.#free.filter((range) => range !== before && range !== behind);
    this.#free = [...others, joined].sort((a, b) => a.from - b.from);
  }
}

function placed(size: number): number {
  return Math.ceil(size / placeBytes) * placeBytes;
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
