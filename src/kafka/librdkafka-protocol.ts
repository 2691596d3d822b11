import type { ErrorData } from '../model/errors.ts';
import type { TopicPartition } from './offsets.ts';

/**
 * What goes between a reader and the child process that holds librdkafka for it. Its addon can be loaded by the main thread of a process
 * only, and each record costs that thread some microseconds: a process of its own gives it both.
 */

/** Settings by librdkafka's names. */
export type LibrdkafkaConfig = Readonly<Record<string, string>>;

export type AssignedPartition = TopicPartition & Readonly<{ offset: number; stopOffset: number }>;

export type ToChild =
  /** The first message. */
  | Readonly<{ kind: 'start'; config: LibrdkafkaConfig }>
  | Readonly<{ kind: 'add'; partitions: readonly AssignedPartition[] }>
  /** A message of records has been read: another may be sent. */
  | Readonly<{ kind: 'credit' }>;

/** Records of one partition as they stand on brokers: record batches, version 2, not compressed, without a CRC. */
export type PackedRecords = TopicPartition &
  Readonly<{
    /** Empty where only the end of the partition was reached. */
    bytes: Uint8Array;
    /** Of the first record; −1 without one. */
    firstOffset: number;
    /** Behind the last record; at the end of the partition behind control records and gaps too. */
    nextOffset: number;
    /** The end of the partition, as last heard; −1: not yet. */
    endOffset: number;
  }>;

export type FromChild =
  /** The addon is loaded and has taken the settings. */
  | Readonly<{ kind: 'ready' }>
  | Readonly<{ kind: 'records'; partitions: readonly PackedRecords[] }>
  /** Brokers can't be reached: librdkafka tries again. */
  | Readonly<{ kind: 'retry'; reason: string }>
  /** A position was gone and librdkafka went elsewhere, as `auto.offset.reset` says. */
  | Readonly<{ kind: 'reset'; message: string }>
  /** A position is gone, and `auto.offset.reset` says nothing. */
  | Readonly<{ kind: 'out_of_range' }>
  | Readonly<{ kind: 'failed'; error: ErrorData }>;

/** Messages of records that may be with the reader and on the way to it; then nothing more is taken from librdkafka. */
export const initialCredits = 4;
