import type { RecordHeaders } from '../kafka/batch-builder.ts';
import type { KafkaTable } from '../kafka/kafka-table.ts';
import type { KafkaProducer } from '../kafka/producer.ts';
import { type ColumnBatch, op } from '../model/column.ts';
import type { Encoder } from '../model/format.ts';
import type { Committable, SinkWriter, WriterContext } from '../model/sink.ts';
import type { Field } from '../model/types.ts';
import { BatchRows, columnOfValues } from '../state/value-column.ts';

/** The committable of a writer: how many records brokers have acknowledged. */
export type KafkaRows = Readonly<{ rows: number }>;

/** Columns of the sink's row by their use. */
export type WriterColumns = Readonly<{
  key: readonly number[] | null;
  value: readonly number[];
  timestamp: number | null;
  headers: number | null;
}>;

export type WriterTarget = Readonly<{
  topic: string;
  /** Of the sink's row. */
  fields: readonly Field[];
  partitioner: KafkaTable['partitioner'];
  columns: WriterColumns;
  /** A deletion is a record without a value, and so is the row before an update, where it comes here. */
  upsert: boolean;
}>;

export type RecordEncoders = Readonly<{ key: Encoder | null; value: Encoder }>;

/** *Delivery guarantee*: at-least-once. Rows before a barrier are written, on all in-sync replicas, when `prepareCommit` resolves. */
export class KafkaWriter implements SinkWriter {
  readonly #producer: KafkaProducer;
  readonly #encoders: RecordEncoders;
  readonly #target: WriterTarget;
  readonly #ctx: WriterContext;
  readonly #opening: Promise<void>;
  /** Rows that came before topic and schemas were known: one batch, as `ready` holds back the next. */
  #early: ColumnBatch[] | null = [];
  #partitionCount = 0;
  /** Rows, and those of them that former checkpoints hold. */
  #taken = 0;
  #committed = 0;
  #nextPartition: number;

  constructor(producer: KafkaProducer, encoders: RecordEncoders, target: WriterTarget, ctx: WriterContext) {
    this.#producer = producer;
    this.#encoders = encoders;
    this.#target = target;
    this.#ctx = ctx;
    this.#nextPartition = ctx.subtaskIndex;
    this.#opening = this.#open();
    this.#opening.catch(() => {}); // said by `ready` and `prepareCommit`
  }

  async #open(): Promise<void> {
    this.#partitionCount = await this.#producer.open(this.#target.topic);
    await this.#encoders.key?.open?.();
    await this.#encoders.value.open?.();
    for (const batch of this.#early ?? []) this.#write(batch);
    this.#early = null;
  }

  write(batch: ColumnBatch): void {
    this.#taken += batch.length;
    if (this.#early === null) this.#write(batch);
    else this.#early.push(ownBatch(batch, this.#target.fields));
  }

  #write(batch: ColumnBatch): void {
    const { columns, upsert } = this.#target;
    const keys = columns.key === null ? null : pick(batch, columns.key);
    const values = upsert ? { ...pick(batch, columns.value), ops: null } : pick(batch, columns.value);
    for (let row = 0; row < batch.length; row++) {
      const change = batch.ops === null ? op.insert : batch.ops[row]!;
      const key = keys === null ? null : this.#encoders.key!.encode({ ...keys, ops: null }, row);
      const isGone = change === op.delete || change === op.updateBefore;
      const value = upsert && isGone ? null : this.#encoders.value.encode(values, row);
      this.#send(batch, row, key, value);
    }
  }

  #send(batch: ColumnBatch, row: number, key: Uint8Array | null, value: Uint8Array | null): void {
    const { topic, columns } = this.#target;
    const timestamp = (columns.timestamp === null ? null : cell(batch, columns.timestamp, row)) ?? this.#ctx.now();
    const headers = columns.headers === null ? null : (cell(batch, columns.headers, row) as RecordHeaders | null);
    this.#producer.send(topic, this.#partition(), key, value, Number(timestamp), headers);
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
    const before = this.#taken; // rows of the next checkpoint may come while this waits
    await this.#opening;
    const { sent, written } = await this.#producer.settle();
    const rows = written - (sent - before) - this.#committed;
    this.#committed += rows;
    return rows === 0 ? [] : [{ rows } satisfies KafkaRows];
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

function pick(batch: ColumnBatch, columns: readonly number[]): ColumnBatch {
  return { ...batch, columns: columns.map((index) => batch.columns[index]!) };
}

/** A copy: a batch is borrowed. */
function ownBatch(batch: ColumnBatch, fields: readonly Field[]): ColumnBatch {
  const rows = new BatchRows(
    batch,
    fields.map(({ type }) => type),
  );
  const columns = fields.map(({ type }, i) =>
    columnOfValues(
      type,
      Array.from({ length: batch.length }, (_, row) => rows.value(row, i)),
    ),
  );
  return { length: batch.length, columns, ops: batch.ops?.slice(0, batch.length) ?? null, watermarks: null };
}
