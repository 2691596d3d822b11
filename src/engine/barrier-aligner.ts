/**
 * Aligned barriers (Chandy–Lamport as in Carbone et al., "Lightweight Asynchronous Snapshots"): a channel whose barrier has come is held
 * until every channel's has.
 */
import { assert } from '../model/errors.ts';

export class BarrierAligner {
  readonly #held: Uint8Array;
  #count = 0;
  #checkpointId = 0;

  constructor(channels: number) {
    this.#held = new Uint8Array(channels);
  }

  isHeld(channel: number): boolean {
    return this.#held[channel] === 1;
  }

  /** Returns whether that was the last one: every channel is free again and the subtask takes its snapshot now. */
  barrier(channel: number, checkpointId: number): boolean {
    assert(this.#held[channel] === 0, () => `channel ${channel} gave a second barrier while it was held`);
    assert(this.#count === 0 || this.#checkpointId === checkpointId, () => {
      return `barrier ${checkpointId} on channel ${channel} while aligning ${this.#checkpointId}`;
    });
    this.#checkpointId = checkpointId;
    this.#held[channel] = 1;
    this.#count++;
    if (this.#count < this.#held.length) return false;
    this.#held.fill(0);
    this.#count = 0;
    return true;
  }
}
