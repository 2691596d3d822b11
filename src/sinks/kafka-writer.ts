import type { RecordHeaders } from '../kafka/batch-builder.ts';
import type { KafkaTable } from '../kafka/kafka-table.ts';
import type { KafkaProducer } from '../kafka/producer.ts';
import type { ColumnBatch } from '../model/column.ts';
import type { Encoder } from '../model/format.ts';
import type { Committable, SinkWriter, WriterContext } from '../model/sink.ts';

/** Columns of the sink's row by their use. */
export type WriterColumns = Readonly<{ physical: readonly number[]; timestamp: number | null; headers: number | null }>;

export type WriterTarget = Readonly<{ topic: string; partitioner: KafkaTable['partitioner']; columns: WriterColumns }>;

type EncodedRow = Readonly<{ value: Uint8Array | null; timestamp: number; headers: RecordHeaders | null }>;

/** *Delivery guarantee*: at-least-once. Rows before a barrier are written, on all in-sync replicas, when `prepareCommit` resolves. */
export class KafkaWriter implements SinkWriter {
  readonly #producer: KafkaProducer;
  readonly #encoder: Encoder;
  readonly #target: WriterTarget;
  readonly #ctx: WriterContext;
  readonly #opening: Promise<void>;
  /** Rows that came before the topic was known: one batch, as `ready` holds back the next. */
  #early: EncodedRow[] | null = [];
  #partitionCount = 0;
  #nextPartition: number;

  constructor(producer: KafkaProducer, encoder: Encoder, target: WriterTarget, ctx: WriterContext) {
    this.#producer = producer;
    this.#encoder = encoder;
    this.#target = target;
    this.#ctx = ctx;
    this.#nextPartition = ctx.subtaskIndex;
    this.#opening = this.#open();
    this.#opening.catch(() => {}); // said by `ready` and `prepareCommit`
  }

  async #open(): Promise<void> {
    this.#partitionCount = await this.#producer.open(this.#target.topic);
    for (const { value, timestamp, headers } of this.#early ?? []) this.#send(value, timestamp, headers);
    this.#early = null;
  }

  write(batch: ColumnBatch): void {
    const { physical, timestamp, headers } = this.#target.columns;
    const values = { ...batch, columns: physical.map((index) => batch.columns[index]!) };
    const now = this.#ctx.now();
    for (let row = 0; row < batch.length; row++) {
      const value = this.#encoder.encode(values, row);
      const time = (timestamp === null ? null : cell(batch, timestamp, row)) ?? now;
      const given = headers === null ? null : (cell(batch, headers, row) as RecordHeaders | null);
      if (this.#early === null) this.#send(value, Number(time), given);
      else this.#early.push({ value: value && Uint8Array.from(value), timestamp: Number(time), headers: given });
    }
  }

  #send(value: Uint8Array | null, timestamp: number, headers: RecordHeaders | null): void {
    this.#producer.send(this.#target.topic, this.#partition(), null, value, timestamp, headers);
  }

  #partition(): number | null {
    if (this.#target.partitioner === 'default') return null;
    const partition = this.#nextPartition % this.#partitionCount;
    if (this.#target.partitioner === 'round-robin') this.#nextPartition = partition + 1;
    return partition;
  }

  ready(): Promise<void> | null {
    if (this.#early !== null) return this.#opening;
    return this.#producer.ready();
  }

  async prepareCommit(): Promise<readonly Committable[]> {
    await this.#opening;
    await this.#producer.flush();
    return [];
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}

/** A value of a metadata column: an integer or a Map. */
function cell(batch: ColumnBatch, index: number, row: number): unknown {
  const column = batch.columns[index]!;
  if (column.nulls !== null && column.nulls[row] === 1) return null;
  return column.layout === 'string' ? null : column.values[row];
}
