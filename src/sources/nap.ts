/** How a reader waits for the next row to be due: for a while, or until it is woken. One nap at a time. */
export class Nap {
  #wake: (() => void) | null = null;

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#wake = end;
    });
  }

  wake(): void {
    this.#wake?.();
  }
}
