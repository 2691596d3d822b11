/** The receiving end of a channel: a queue, bounded by the sender's credits. */
import type { PeerMessage } from './protocol.ts';

export class InputChannel {
  readonly edge: number;
  readonly #release: (slab: ArrayBuffer) => void;
  #queue: PeerMessage[] = [];
  #head = 0;

  /** `release` hands an emptied slab back to the sender. */
  constructor(edge: number, release: (slab: ArrayBuffer) => void) {
    this.edge = edge;
    this.#release = release;
  }

  get isEmpty(): boolean {
    return this.#head === this.#queue.length;
  }

  push(message: PeerMessage): void {
    this.#queue.push(message);
  }

  take(): PeerMessage | undefined {
    if (this.isEmpty) return undefined;
    const message = this.#queue[this.#head]!;
    this.#head++;
    if (this.isEmpty) {
      this.#queue = [];
      this.#head = 0;
    }
    return message;
  }

  /** The rows of a slab are used up. */
  release(slab: ArrayBuffer): void {
    this.#release(slab);
  }
}
