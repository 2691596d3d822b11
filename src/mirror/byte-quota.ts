/**
 * So many bytes a second, paid after: what was taken may exceed what there was, and then nothing more is taken until time has paid for it.
 * What is not used is kept for a second at the most.
 */
export class ByteQuota {
  readonly #rate: () => number;
  readonly #nowMs: () => number;
  #credit: number;
  #at: number;

  /** `rate` in bytes a second, as it is just now; Infinity: no bound. `nowMs` never goes back. */
  constructor(rate: () => number, nowMs: () => number) {
    this.#rate = rate;
    this.#nowMs = nowMs;
    this.#credit = rate();
    this.#at = nowMs();
  }

  take(bytes: number): void {
    this.#pay();
    this.#credit -= bytes;
  }

  /** ms until something may be taken; 0: now. */
  waitMs(): number {
    this.#pay();
    return this.#credit >= 0 ? 0 : Math.ceil((-this.#credit / this.#rate()) * 1_000);
  }

  #pay(): void {
    const rate = this.#rate();
    const now = this.#nowMs();
    this.#credit = rate === Infinity ? Infinity : Math.min(rate, this.#credit + ((now - this.#at) * rate) / 1_000);
    this.#at = now;
  }
}
