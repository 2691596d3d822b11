/** The rows of a running job as an async iterable: whoever gives waits for whoever takes. */

const mostWaiting = 8192; // rows that are there and not taken

export class ChangeStream<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #ended = false;
  #error: { value: unknown } | null = null;
  #onItem: (() => void) | null = null;
  #onRoom: (() => void) | null = null;
  readonly #onLeave: () => Promise<void>;

  /** `onLeave`: the reader has had enough. */
  constructor(onLeave: () => Promise<void>) {
    this.#onLeave = onLeave;
  }

  /** Resolves when there is room for more. */
  async push(items: readonly T[]): Promise<void> {
    if (this.#ended) return;
    for (const item of items) this.#items.push(item);
    this.#signal();
    if (this.#items.length > mostWaiting) await new Promise<void>((resolve) => (this.#onRoom = resolve));
  }

  end(): void {
    this.#ended = true;
    this.#signal();
  }

  fail(error: unknown): void {
    this.#error = { value: error };
    this.end();
  }

  /** All that is there; one at least. null: no more will come. Rejects with the job's failure. */
  async take(): Promise<readonly T[] | null> {
    while (this.#items.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#onItem = resolve));
    const items = this.#items;
    this.#items = [];
    this.#onRoom?.();
    if (items.length > 0) return items;
    if (this.#error !== null) throw this.#error.value;
    return null;
  }

  async leave(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#items = [];
    this.#onRoom?.();
    await this.#onLeave();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    try {
      for (let items = await this.take(); items !== null; items = await this.take()) yield* items;
    } finally {
      await this.leave();
    }
  }

  #signal(): void {
    this.#onItem?.();
    this.#onItem = null;
  }
}
