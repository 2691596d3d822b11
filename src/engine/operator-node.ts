/** An operator in its chain: merges what its channels say of time, and passes batches in. */
import type { NodeAccount } from '../model/account.ts';
import type { ColumnBatch } from '../model/column.ts';
import { assert } from '../model/errors.ts';
import type { Operator, OperatorSnapshot } from '../model/operator.ts';
import type { OutputTarget } from './edge-output.ts';
import type { FanOut } from './fan-out.ts';
import { WatermarkMerger } from './watermark-merger.ts';

/** A node that takes rows: an operator or a sink. A channel is a place that rows come from: a node of the chain, or a subtask behind an edge. */
export interface Receiver {
  batch(batch: ColumnBatch, input: number, channel: number): void;
  watermark(channel: number, watermark: number): void;
  idle(channel: number, idle: boolean): void;
  end(channel: number): void;
}

/** One channel of a receiver, as an output sees it. */
export function targetOf(receiver: Receiver, input: number, channel: number): OutputTarget {
  return {
    batch: (batch) => receiver.batch(batch, input, channel),
    watermark: (watermark) => receiver.watermark(channel, watermark),
    idle: (idle) => receiver.idle(channel, idle),
    end: () => receiver.end(channel),
  };
}

/** Who runs the node: told when something that was awaited is done, or has failed. */
export type NodeHost = Readonly<{ wake: () => void; fail: (error: unknown) => void }>;

export class OperatorNode implements Receiver {
  readonly id: string;
  readonly operator: Operator;
  readonly #output: FanOut;
  readonly #merger: WatermarkMerger;
  readonly #host: NodeHost;
  /** Rows by input. */
  readonly #in: number[] = [];
  #openChannels: number;
  #blocked = false;

  constructor(id: string, operator: Operator, output: FanOut, channels: number, host: NodeHost) {
    this.id = id;
    this.operator = operator;
    this.#output = output;
    this.#host = host;
    this.#merger = new WatermarkMerger(channels);
    this.#openChannels = channels;
  }

  /** A batch is being worked on: until that is done the node may be given nothing, barriers included. */
  get blocked(): boolean {
    return this.#blocked;
  }

  get currentWatermark(): number {
    return this.#merger.current;
  }

  batch(batch: ColumnBatch, input: number, channel: number): void {
    while (this.#in.length <= input) this.#in.push(0);
    this.#in[input]! += batch.length;
    const watermarks = batch.watermarks && this.#merger.limit(channel, batch.watermarks, batch.length);
    assert(!this.#blocked, () => `operator ${this.id} is given a batch while it works on another`);
    const pending = this.operator.processBatch(
      watermarks === batch.watermarks ? batch : { ...batch, watermarks },
      input,
    );
    if (pending !== undefined) this.#await(pending);
  }

  #await(pending: Promise<void>): void {
    this.#blocked = true;
    pending.then(
      () => {
        this.#blocked = false;
        this.#host.wake();
      },
      (error: unknown) => this.#host.fail(error),
    );
  }

  watermark(channel: number, watermark: number): void {
    if (this.#merger.advance(channel, watermark)) this.operator.processWatermark(this.#merger.current);
  }

  idle(channel: number, idle: boolean): void {
    if (this.#merger.setIdle(channel, idle)) this.operator.processWatermark(this.#merger.current);
    // Downstream the others' watermark counts from now on: rows that were on time and are only buffered would be late behind it.
    if (this.#merger.allIdle) this.operator.prepareBarrier?.();
    this.#output.emitIdle(this.#merger.allIdle);
  }

  /** Whether the operator has to be told what time it is. */
  get hasTimers(): boolean {
    return this.operator.processTime !== undefined && this.#openChannels > 0;
  }

  processTime(nowMs: number): void {
    if (this.hasTimers) this.operator.processTime!(nowMs);
  }

  end(_channel: number): void {
    this.#openChannels--;
    if (this.#openChannels > 0) return;
    this.operator.endInput?.();
    this.#output.emitEnd();
  }

  /** Called in the order of the chain: what the operator still holds goes out before its snapshot and before the barrier. */
  snapshot(): OperatorSnapshot | null {
    this.operator.prepareBarrier?.();
    return this.operator.snapshot?.() ?? null;
  }

  /** To be called behind `snapshot`. */
  account(): NodeAccount {
    return { in: [...this.#in], out: this.#output.records, figures: this.operator.account?.() ?? {} };
  }
}
