/** The events of the stages, in every form in which a stage takes them. Made once; all of it is the project's own code. */
import { formats } from '../../src/formats/registry.ts';
import { BatchBuilder, stampBatch } from '../../src/kafka/batch-builder.ts';
import type { Compression } from '../../src/kafka/client-config.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';
import { batchOf, type Column, type ColumnBatch, gatherBatch } from '../../src/model/column.ts';
import type { Decoder } from '../../src/model/format.ts';
import type { OperatorContext } from '../../src/model/operator.ts';
import { checkOptions } from '../../src/model/options.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type EventShape, type Events, eventSet } from './events.ts';
import { type JobStages, planTemperatureJob } from './temperature-job.ts';

/** Rows of a column batch: as many as the engine asks its readers for. */
export const batchRows = 8192;
const kafkaBatchBytes = 262_144; // batch.size of a producer that is set for throughput
const minuteMs = 60_000;

export type Fixture = Readonly<{
  shape: EventShape;
  events: Events;
  bytesPerRecord: number;
  /** What a pass over the events takes of event time, in whole minutes. */
  spanMs: number;
  job: JobStages;
  pool: StringPool;
  /** Scanned columns of the job, in arrays of their own. */
  scanned: readonly ColumnBatch[];
  timeColumn: number;
}>;

export async function createFixture(shape: EventShape, count: number): Promise<Fixture> {
  const events = eventSet(shape, count);
  const job = await planTemperatureJob(shape);
  const pool = new StringPool();
  const scanned = scanAll(events, job.source.columns, pool);
  const lastMs = events.times.reduce((max, time) => Math.max(max, time));
  return {
    shape,
    events,
    bytesPerRecord: events.bytes.length / events.length,
    spanMs: Math.ceil((lastMs - events.times[0]! + 1) / minuteMs) * minuteMs,
    job,
    pool,
    scanned,
    timeColumn: job.source.columns.findIndex(({ name }) => name === shape.time),
  };
}

export function jsonDecoder(columns: readonly ScanColumn[], pool: StringPool): Decoder {
  return formats.json.createDecoder!({
    columns: columns.filter((column): column is ScanColumn & { kind: 'physical' } => column.kind === 'physical'),
    table: columns.map(({ name, type }) => ({ name, type })),
    options: checkOptions(new Map(), formats.json.options, 'bench'),
    pool,
    batchRows,
    timeZone: 'UTC',
  });
}

/** Decodes events [from, to); fails where one can't be read. */
export function decodeEvents(decoder: Decoder, { bytes, starts, ends }: Events, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const fault = decoder.decode(bytes, starts[i]!, ends[i]!);
    if (fault !== null) throw new Error(`event ${i}: ${fault.message}`);
  }
}

/** All events as column batches of their own. */
export function scanAll(events: Events, columns: readonly ScanColumn[], pool: StringPool): ColumnBatch[] {
  const decoder = jsonDecoder(columns, pool);
  const batches: ColumnBatch[] = [];
  for (let from = 0; from < events.length; from += batchRows) {
    decodeEvents(decoder, events, from, Math.min(events.length, from + batchRows));
    const { rows } = decoder;
    batches.push(ownBatch(batchOf(rows, decoder.take())));
  }
  return batches;
}

/** A copy of a borrowed batch. */
export function ownBatch(batch: ColumnBatch): ColumnBatch {
  const all = Int32Array.from({ length: batch.length }, (_, row) => row);
  const copy = gatherBatch(batch, all, batch.length);
  return { ...copy, columns: copy.columns.map(ownBytes) };
}

function ownBytes(column: Column): Column {
  return column.layout === 'string' && column.encoding === 'bytes'
    ? { ...column, bytes: column.bytes.slice() }
    : column;
}

/** Record batches as a broker sends them. */
export function encodeBatches(events: Events, compression: Compression): Buffer[] {
  const kernel = new RecordKernel();
  const batches: Buffer[] = [];
  let builder = new BatchBuilder();
  const seal = (): void => {
    const { bytes } = builder.seal(compression);
    stampBatch(bytes, { id: -1, epoch: -1, sequence: -1 }, kernel);
    batches.push(bytes);
    builder = new BatchBuilder();
  };
  for (let i = 0; i < events.length; i++) {
    builder.append(null, events.bytes.subarray(events.starts[i], events.ends[i]), events.times[i]!, null);
    if (builder.size >= kafkaBatchBytes) seal();
  }
  if (builder.count > 0) seal();
  return batches;
}

/** The sum of a column of whole numbers. */
export function sumOf({ columns, length }: ColumnBatch, index: number): number {
  const column = columns[index]!;
  if (column.layout !== 'int' || column.wide) throw new Error('a sum: expected a narrow column');
  return column.values.subarray(0, length).reduce((sum, value) => sum + value, 0);
}

/** Adds to a column of whole milliseconds, in place. */
export function shiftTimes(column: Column, length: number, byMs: number): void {
  if (column.layout !== 'int' || column.wide) throw new Error('times: expected a narrow column');
  const { values } = column;
  for (let row = 0; row < length; row++) values[row]! += byMs;
}

export function operatorContext(pool: StringPool): OperatorContext {
  return {
    subtaskIndex: 0,
    parallelism: 1,
    maxParallelism: 128,
    pool,
    session: { timeZone: 'UTC', now: () => 0, random: () => 0 },
    counters: { add: () => {} },
  };
}
