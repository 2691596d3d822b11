/** A sink's writer in its chain: constraints are enforced here, and its back-pressure becomes the subtask's. */
import type { NodeAccount } from '../model/account.ts';
import { type ColumnBatch, gatherBatch, op } from '../model/column.ts';
import type { Committable, SinkWriter } from '../model/sink.ts';
import type { Receiver } from './operator-node.ts';
import type { SinkConstraints } from './sink-constraints.ts';
import { WatermarkMerger } from './watermark-merger.ts';

export type SinkNodeOptions = Readonly<{
  id: string;
  /** null: any row may be written. */
  constraints: SinkConstraints | null;
  /** Whether a -U reaches the writer. */
  updateBefore: boolean;
  writer: SinkWriter;
  channels: number;
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
  #in = 0;
  #records = 0;
  #updatesBefore = 0;

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
    const { constraints, updateBefore } = this.#options;
    const wanted = updateBefore ? batch : withoutUpdateBefore(batch);
    this.#in += batch.length;
    this.#updatesBefore += batch.length - wanted.length;
    const accepted = constraints === null ? wanted : constraints.enforce(wanted);
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

  account(): NodeAccount {
    const notNullDropped = this.#options.constraints?.dropped ?? 0;
    const figures = { written: this.#records, updatesBefore: this.#updatesBefore, notNullDropped };
    return { in: [this.#in], out: 0, figures };
  }

  prepareCommit(checkpointId: number): Promise<readonly Committable[]> {
    return this.writer.prepareCommit(checkpointId);
  }
}

function withoutUpdateBefore(batch: ColumnBatch): ColumnBatch {
  const { ops, length } = batch;
  if (ops === null || !ops.subarray(0, length).includes(op.updateBefore)) return batch;
  const kept = Int32Array.from({ length }, (_, row) => row).filter((row) => ops[row] !== op.updateBefore);
  return gatherBatch(batch, kept, kept.length);
}
