/** Lets a loop sleep until something has happened since it last looked. */
export class Wakeup {
  #pending = false;
  #resolve: (() => void) | null = null;

  signal(): void {
    this.#pending = true;
    this.#resolve?.();
    this.#resolve = null;
  }

  /** Resolves at once when there was a signal since the last wait. */
  async wait(): Promise<void> {
    if (!this.#pending) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
    }
    this.#pending = false;
  }
}
