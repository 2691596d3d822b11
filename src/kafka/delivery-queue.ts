import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery } from './partition-fetcher.ts';
import { Signal } from './signal.ts';

/** Between a fetcher and its reader. Its bound is the fetcher's: nothing more is fetched while so much waits. */
export class DeliveryQueue {
  readonly #ready: Delivery[] = [];
  readonly #reader = new Signal();
  #failure: unknown = null;

  get failed(): boolean {
    return this.#failure !== null;
  }

  push(delivery: Delivery): void {
    this.#ready.push(delivery);
    this.#reader.notify();
  }

  /** The reader gets what is there, then this. The first failure counts. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#reader.notify();
  }

  /** The next delivery; null after `timeoutMs`, or after `wake`. Throws the failure. */
  async next(timeoutMs: number): Promise<Delivery | null> {
    if (this.#ready.length === 0 && this.#failure === null) await this.#reader.wait(timeoutMs);
    else await nextTurn(); // so that sockets are read while records are there
    this.#reader.clear();
    const delivery = this.#ready.shift();
    if (delivery === undefined && this.#failure !== null) throw this.#failure;
    return delivery ?? null;
  }

  wake(): void {
    this.#reader.notify();
  }
}
