import type { FetchedRecords } from './fetched-records.ts';
import type { TopicPartition } from './offsets.ts';
import type { FetchPosition } from './partition-fetch.ts';

/** Fetched records of one partition, until `release`: then their bytes may be used again. */
export type Delivery = Readonly<{
  partition: TopicPartition & Readonly<{ id: string }>;
  records: FetchedRecords;
  release: () => void;
}>;

export type FetcherEvents = Readonly<{
  /** A broker was lost, or a partition had no leader; it is tried again for as long as it takes. */
  onRetry: (reason: string) => void;
  /** A position was no longer there, and `auto.offset.reset` says where to go on. */
  onReset: () => void;
}>;

/**
 * Fetches partitions ahead of their reader, within bounds, over one of the Kafka clients. Survives brokers: they are looked for again
 * without end. Stops at what does not pass: a topic that is gone, a position that is gone, rights.
 */
export interface PartitionFetcher {
  add(positions: readonly FetchPosition[]): void;
  /** The next fetched records; null after `timeoutMs`, after `wake`, and when it is closed. Throws what ended the fetching. */
  next(timeoutMs: number): Promise<Delivery | null>;
  wake(): void;
  /** Of a partition by its id: behind the last record that may be read now; −1 before the first answer. */
  endOffset(id: string): number;
  close(): Promise<void>;
}
