/** What goes between the main thread and a slot (one long-running task in a worker), and between two slots. Plain data, all of it. */
import type { MessagePort } from 'node:worker_threads';
import type { RowAccount } from '../model/account.ts';
import type { ErrorData } from '../model/errors.ts';
import type { JobGraph } from '../model/job-graph.ts';
import type { SubtaskStatus } from '../model/job-status.ts';
import type { Committable } from '../model/sink.ts';
import type { SourceSplit } from '../model/source.ts';
import type { StateTableFields } from '../model/state.ts';

/** A vertex of the graph and which of its subtasks. */
export type SubtaskId = Readonly<{ vertex: number; subtask: number }>;

/** A file of state that one subtask wrote, with its check sum (CRC-32). */
export type StateFile = Readonly<{ path: string; byteLength: number; crc32: number }>;

/** One that was just written. */
export type WrittenState = StateFile & Readonly<{ tables: readonly StateTableFields[] }>;

/** What a slot is started with. `peers[i]` leads to slot i; its own place is null. */
export type SlotPayload = Readonly<{
  slot: number;
  jobName: string;
  runId: string;
  graph: JobGraph;
  deadLetter: Readonly<Record<string, unknown>>;
  control: MessagePort;
  peers: readonly (MessagePort | null)[];
  /** The state of the checkpoint to go on from: files of all former subtasks, by node id. */
  restore: Readonly<Record<string, readonly StateFile[]>> | null;
}>;

export type MainToSlot =
  | Readonly<{ kind: 'start' }>
  | Readonly<{ kind: 'add_splits'; vertex: number; splits: readonly SourceSplit[] }>
  | Readonly<{ kind: 'no_more_splits'; vertex: number }>
  /** Sources send barriers now. `pause`: and then no more rows (a stop with savepoint). State files go to `directory`. */
  | Readonly<{ kind: 'trigger'; checkpointId: number; directory: string; pause: boolean }>
  /** Sources of the vertex read no further than this watermark, ms. */
  | Readonly<{ kind: 'align'; vertex: number; limitMs: number }>
  | Readonly<{ kind: 'cancel' }>
  | Readonly<{ kind: 'reply'; id: number; value?: unknown; error?: ErrorData }>;

/** What one subtask says of a checkpoint. */
export type CheckpointAck = SubtaskId &
  Readonly<{
    checkpointId: number;
    /** Of its source, by node id. */
    splits: Readonly<Record<string, readonly SourceSplit[]>>;
    committables: Readonly<Record<string, readonly Committable[]>>;
    stateFiles: Readonly<Record<string, WrittenState>>;
    /** ms; null: none yet. */
    watermark: number | null;
    /** Since the subtask's start. */
    account: RowAccount;
  }>;

export type HostMethod = 'print' | 'collect' | 'runTask';

export type SlotToMain =
  | Readonly<{ kind: 'ready' }>
  | Readonly<{ kind: 'ack'; ack: CheckpointAck }>
  /** The state could not be written: the checkpoint fails, the job may go on. */
  | Readonly<{ kind: 'decline'; checkpointId: number; error: ErrorData; committables: CheckpointAck['committables'] }>
  /** Every input of the subtask has ended and all that it emits is emitted. */
  | Readonly<{ kind: 'ended'; vertex: number; subtask: number }>
  | Readonly<{ kind: 'failed'; error: ErrorData; task: string }>
  | Readonly<{ kind: 'status'; subtasks: readonly (SubtaskId & { status: SubtaskStatus })[] }>
  | Readonly<{ kind: 'warning'; message: string }>
  | Readonly<{ kind: 'request'; id: number; method: HostMethod; args: readonly unknown[] }>;

/**
 * Between slots, in order for each (edge, sender subtask, receiver subtask); the subtask is the slot. A batch travels in a transferred
 * slab; the emptied slab coming back is the credit to send another.
 */
export type PeerMessage = Readonly<{ edge: number }> &
  (
    | Readonly<{ kind: 'batch'; slab: ArrayBuffer; byteLength: number }>
    | Readonly<{ kind: 'credit'; slab: ArrayBuffer }>
    | Readonly<{ kind: 'watermark'; watermark: number }>
    | Readonly<{ kind: 'idle' | 'active' | 'end' }>
    /** State goes to `directory`. */
    | Readonly<{ kind: 'barrier'; checkpointId: number; directory: string }>
  );
