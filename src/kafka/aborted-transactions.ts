import { type BatchHeader, controlBit, transactionalBit } from './record-batch.ts';

/** An aborted transaction that reaches into what a fetch brought. */
export type AbortedTransaction = Readonly<{ producerId: number; firstOffset: number }>;

/**
 * Which batches of a fetch with read_committed are of aborted transactions. As Kafka's own consumer does it: an entry is in force from
 * the batch that reaches its first offset on, until the abort marker of its producer. Shown every batch of the fetch, in order.
 */
export class AbortedTransactions {
  readonly #ordered: readonly AbortedTransaction[];
  readonly #aborting = new Set<number>();
  #next = 0;

  constructor(entries: readonly AbortedTransaction[]) {
    this.#ordered = entries.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Whether the records of a batch have to be left out. */
  skips(header: BatchHeader): boolean {
    while (this.#next < this.#ordered.length && this.#ordered[this.#next]!.firstOffset < header.nextOffset) {
      this.#aborting.add(this.#ordered[this.#next++]!.producerId);
    }
    return (header.attributes & transactionalBit) !== 0 && this.#aborting.has(header.producerId);
  }

  /** A control batch of the producer has come: its transaction is over, however it went. */
  end(header: BatchHeader): void {
    if ((header.attributes & controlBit) !== 0) this.#aborting.delete(header.producerId);
  }
}
