/** Wakes whoever waits. A notice without anyone waiting is kept for the next who does; several count as one. */
export class Signal {
  #noticed = false;
  #resolve: (() => void) | null = null;

  notify(): void {
    this.#noticed = true;
    this.#resolve?.();
  }

  /** Forgets a notice that nobody waited for. */
  clear(): void {
    this.#noticed = false;
  }

  /** Resolves at the next notice, with `timeoutMs` after that time at the latest. One may wait at a time. */
  async wait(timeoutMs?: number): Promise<void> {
    if (!this.#noticed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
      this.#resolve = resolve;
      await promise;
      clearTimeout(timer);
      this.#resolve = null;
    }
    this.#noticed = false;
  }
}
