/** A sink's writer in its chain: NOT NULL is enforced here, and its back-pressure becomes the subtask's. */
import type { Column, ColumnBatch } from '../model/column.ts';
import { gatherBatch, op } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { NotNullEnforcer } from '../model/job-graph.ts';
import type { Counters } from '../model/operator.ts';
import type { Committable, SinkWriter } from '../model/sink.ts';
import type { Field } from '../model/types.ts';
import type { Receiver } from './operator-node.ts';
import { WatermarkMerger } from './watermark-merger.ts';

export type SinkNodeOptions = Readonly<{
  id: string;
  table: string;
  fields: readonly Field[];
  notNull: NotNullEnforcer | null;
  /** Whether a -U reaches the writer. */
  updateBefore: boolean;
  writer: SinkWriter;
  channels: number;
  counters: Counters;
  /** Something that was awaited is done: look again. */
  wake: () => void;
  fail: (error: unknown) => void;
}>;

export class SinkNode implements Receiver {
  readonly id: string;
  readonly writer: SinkWriter;
  readonly #options: SinkNodeOptions;
  readonly #merger: WatermarkMerger;
  #openChannels: number;
  #blocked = false;
  #records = 0;

  constructor(options: SinkNodeOptions) {
    this.id = options.id;
    this.writer = options.writer;
    this.#options = options;
    this.#merger = new WatermarkMerger(options.channels);
    this.#openChannels = options.channels;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  get records(): number {
    return this.#records;
  }

  get currentWatermark(): number {
    return this.#merger.current;
  }

  get ended(): boolean {
    return this.#openChannels === 0;
  }

  batch(batch: ColumnBatch): void {
    const accepted = this.#enforceNotNull(this.#options.updateBefore ? batch : withoutUpdateBefore(batch));
    if (accepted.length === 0) return;
    this.writer.write(accepted);
    this.#records += accepted.length;
    const ready = this.writer.ready();
    if (ready === null) return;
    this.#blocked = true;
    ready.then(
      () => {
        this.#blocked = false;
        this.#options.wake();
      },
      (error: unknown) => this.#options.fail(error),
    );
  }

  watermark(channel: number, watermark: number): void {
    this.#merger.advance(channel, watermark);
  }

  idle(channel: number, idle: boolean): void {
    this.#merger.setIdle(channel, idle);
  }

  end(): void {
    this.#openChannels--;
  }

  prepareCommit(checkpointId: number): Promise<readonly Committable[]> {
    return this.writer.prepareCommit(checkpointId);
  }

  #enforceNotNull(batch: ColumnBatch): ColumnBatch {
    const rule = this.#options.notNull;
    if (rule === null) return batch;
    const columns = rule.columns.filter((index) => hasNull(batch.columns[index]!, batch.length));
    if (columns.length === 0) return batch;
    if (rule.onNull === 'fail') {
      throw new EngineError(
        'EVALUATION',
        `sink ${this.#options.table}: column '${this.#options.fields[columns[0]!]!.name}' is NOT NULL, got a NULL`,
        { hint: "SET 'table.exec.sink.not-null-enforcer' = 'DROP' drops such rows." },
      );
    }
    const kept = new Int32Array(batch.length);
    let count = 0;
    for (let row = 0; row < batch.length; row++) {
      if (columns.every((index) => batch.columns[index]!.nulls![row] === 0)) kept[count++] = row;
    }
    this.#options.counters.add('notNullDropped', batch.length - count);
    return gatherBatch(batch, kept, count);
  }
}

function withoutUpdateBefore(batch: ColumnBatch): ColumnBatch {
  const { ops, length } = batch;
  if (ops === null || !ops.subarray(0, length).includes(op.updateBefore)) return batch;
  const kept = Int32Array.from({ length }, (_, row) => row).filter((row) => ops[row] !== op.updateBefore);
  return gatherBatch(batch, kept, kept.length);
}

function hasNull(column: Column, length: number): boolean {
  if (column.nulls === null) return false;
  for (let row = 0; row < length; row++) if (column.nulls[row] === 1) return true;
  return false;
}
