/** One edge as its sending subtask sees it: deals rows out to the channels of the next vertex. */
import type { Column, ColumnBatch } from '../model/column.ts';
import type { Partitioning } from '../model/job-graph.ts';
import { hashKeys, keyGroupOf, subtaskOf } from '../state/key-group.ts';
import type { OutputChannel } from './output-channel.ts';
import type { PeerMessage } from './protocol.ts';

/** Where a node's output goes: a node of the same chain, or an edge. */
export interface OutputTarget {
  batch(batch: ColumnBatch): void;
  watermark(watermark: number): void;
  idle(idle: boolean): void;
  end(): void;
}

export class EdgeOutput implements OutputTarget {
  readonly edge: number;
  readonly #channels: readonly OutputChannel[];
  readonly #partitioner: Partitioner;
  #bytes = 0;

  constructor(
    edge: number,
    channels: readonly OutputChannel[],
    partitioning: Partitioning,
    subtask: number,
    maxParallelism: number,
  ) {
    this.edge = edge;
    this.#channels = channels;
    this.#partitioner = partitionerOf(partitioning, channels, subtask, maxParallelism);
  }

  get blocked(): boolean {
    return this.#channels.some((channel) => channel.blocked);
  }

  /** Rows sent so far. */
  get rows(): number {
    return this.#channels.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Sent so far. */
  get bytes(): number {
    return this.#bytes;
  }

  batch(batch: ColumnBatch): void {
    if (batch.length > 0) this.#bytes += this.#partitioner(batch);
  }

  watermark(watermark: number): void {
    this.#broadcast({ edge: this.edge, kind: 'watermark', watermark });
  }

  idle(idle: boolean): void {
    this.#broadcast({ edge: this.edge, kind: idle ? 'idle' : 'active' });
  }

  end(): void {
    this.#broadcast({ edge: this.edge, kind: 'end' });
  }

  barrier(checkpointId: number, directory: string): void {
    this.#broadcast({ edge: this.edge, kind: 'barrier', checkpointId, directory });
  }

  #broadcast(message: PeerMessage): void {
    for (const channel of this.#channels) channel.sendControl(message);
  }
}

/** Sends the rows of a batch; returns the bytes sent. */
type Partitioner = (batch: ColumnBatch) => number;

function partitionerOf(
  partitioning: Partitioning,
  channels: readonly OutputChannel[],
  subtask: number,
  maxParallelism: number,
): Partitioner {
  if (channels.length === 1) return (batch) => channels[0]!.sendBatch(batch, null, batch.length);
  switch (partitioning.kind) {
    case 'forward':
      return (batch) => channels[subtask]!.sendBatch(batch, null, batch.length);
    case 'rebalance': {
      let next = subtask;
      return (batch) => {
        next = (next + 1) % channels.length;
        return channels[next]!.sendBatch(batch, null, batch.length);
      };
    }
    case 'hash':
      return hashPartitioner(partitioning.keys, channels, maxParallelism);
  }
}

function hashPartitioner(
  keys: readonly number[],
  channels: readonly OutputChannel[],
  maxParallelism: number,
): Partitioner {
  const owners = Int32Array.from({ length: maxParallelism }, (_, group) =>
    subtaskOf(group, channels.length, maxParallelism),
  );
  let hashes = new Int32Array(0);
  const counts = new Int32Array(channels.length);
  const selections = channels.map(() => new Int32Array(0));
  const makeRoom = (rows: number): void => {
    if (hashes.length >= rows) return;
    hashes = new Int32Array(rows);
    for (let i = 0; i < selections.length; i++) selections[i] = new Int32Array(rows);
  };
  return (batch) => {
    makeRoom(batch.length);
    const columns: Column[] = keys.map((key) => batch.columns[key]!);
    hashKeys(columns, batch.length, hashes);
    counts.fill(0);
    for (let row = 0; row < batch.length; row++) {
      const owner = owners[keyGroupOf(hashes[row]!, maxParallelism)]!;
      selections[owner]![counts[owner]!++] = row;
    }
    let bytes = 0;
    for (const [i, channel] of channels.entries()) {
      if (counts[i]! > 0) bytes += channel.sendBatch(batch, selections[i]!, counts[i]!);
    }
    return bytes;
  };
}
