/**
 * The contract between a publisher and what a scenario simulates: a fleet of GPUs (gpu-fleet), actors that walk through journeys
 * (events). A subject is cut into shards by its members; a member's name is the key of its records.
 */
import type { RecordBuffer } from './record-buffer.ts';

/** Publisher `index` of `count` that share a subject. */
export type Shard = Readonly<{ index: number; count: number }>;

/** A line of the truth about a run. */
export type Truth = Readonly<{ kind: string } & Record<string, unknown>>;

/** Is told what was done to the stream, in its order. */
export type TruthListener = (truth: Truth) => void;

export interface Subject {
  /** How many members there are, and so how many shards at the most; `members` names them in messages. */
  readonly size: number;
  readonly members: string;
  /** The names of a shard's members in the order of their indexes, as bytes. */
  keys(shard: Shard): Uint8Array[];
  /** From the beginning of simulated time, ms since 1970. The same seed, settings and start give the same records. */
  open(shard: Shard, startMs: number, tell: TruthListener | null): RecordStream;
}

/** The records of a shard in the order of delivery. Synchronous. */
export interface RecordStream {
  /** When the next record is due, in ms of simulated time; Infinity at the end. */
  readonly nextDueMs: number;
  /** No record takes more bytes. */
  readonly maxRecordBytes: number;
  /** Puts the records that are due until then into the empty `target`, as many as there is room for; none: none is due. */
  fill(target: RecordBuffer, untilMs: number): void;
  /** Tells the truth about what has begun and is not over. */
  close(): void;
}
