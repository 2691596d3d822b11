/** (c) to (f): what happens to columns between scan and sink, an operator at a time. */
import { EdgeOutput } from '../../src/engine/edge-output.ts';
import { OutputChannel } from '../../src/engine/output-channel.ts';
import type { PeerMessage } from '../../src/engine/protocol.ts';
import { SlabPool } from '../../src/engine/slab-pool.ts';
import type { ColumnBatch } from '../../src/model/column.ts';
import { maxWatermark } from '../../src/model/column.ts';
import type { Operator, Output } from '../../src/model/operator.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { decodeBatch } from '../../src/state/batch-codec.ts';
import { type Fixture, operatorContext, ownBatch, shiftTimes, sumOf } from '../support/fixture.ts';
import { expectEqual, Replay, type Stage } from '../support/stage.ts';
import { planFilter } from '../support/temperature-job.ts';
import { chainOf, WatermarkMaker } from './chain.ts';

const channels = 4;

export async function operatorStages(fixture: Fixture): Promise<Stage[]> {
  return [await calcStage(fixture), localStage(fixture), globalStage(fixture), exchangeStage(fixture)];
}

async function calcStage(fixture: Fixture): Promise<Stage> {
  const { scanned, bytesPerRecord, pool, shape } = fixture;
  let passed = 0;
  const count = ({ length }: ColumnBatch): void => {
    passed += length;
  };
  const calcs = (await planFilter(shape)).map(createOperator);
  const first = chainOf(calcs, operatorContext(pool), { emitBatch: count, emitWatermark: () => {} });
  const replay = new Replay(scanned.length);
  return {
    name: 'calc: filter, expression',
    unit: 'column batch',
    bytesPerRecord,
    run: () => {
      const before = passed;
      const batch = scanned[replay.next()]!;
      first.emitBatch(batch);
      if (passed === before) throw new Error('calc: expected rows to pass the filter, none did');
      return batch.length;
    },
  };
}

/** Rows as they come to the local half. */
function windowInput({ scanned, job, pool }: Fixture): ColumnBatch[] {
  const batches: ColumnBatch[] = [];
  const collect: Output = { emitBatch: (batch) => void batches.push(ownBatch(batch)), emitWatermark: () => {} };
  const first = chainOf(job.before.map(createOperator), operatorContext(pool), collect);
  for (const batch of scanned) first.emitBatch(batch);
  return batches;
}

/** The rows of the local half behind each batch, and the watermark then. */
type Partial = Readonly<{ batches: readonly ColumnBatch[]; watermark: number }>;

function localStage(fixture: Fixture): Stage {
  const { job, bytesPerRecord, spanMs } = fixture;
  const batches = windowInput(fixture);
  const time = job.local.time.column;
  const watermarks = watermarksOf(fixture);
  const ignore: Output = { emitBatch: () => {}, emitWatermark: () => {} };
  const local = opened(createOperator(job.local), fixture, ignore);
  const replay = new Replay(batches.length, spanMs);
  let at = 0;
  return {
    name: 'local window aggregate',
    unit: 'column batch',
    bytesPerRecord,
    before: () => {
      at = replay.next();
      if (!replay.began) return;
      for (const { columns, length } of batches) shiftTimes(columns[time]!, length, spanMs);
    },
    run: () => {
      const batch = batches[at]!;
      local.processBatch(batch, 0);
      local.processWatermark(watermarks[at]! + replay.shiftMs);
      return batch.length;
    },
  };
}

/** The source's watermark behind each batch. */
function watermarksOf({ scanned, job, pool }: Fixture): number[] {
  const maker = new WatermarkMaker(job.source, operatorContext(pool));
  return scanned.map((batch) => maker.behind(batch));
}

function opened(operator: Operator, { pool }: Fixture, output: Output): Operator {
  operator.open(operatorContext(pool), output);
  return operator;
}

/** A flush after each batch: far more partial rows than a job has, whose windows end seldom. */
function partialsOf(fixture: Fixture): Partial[] {
  const watermarks = watermarksOf(fixture);
  let emitted: ColumnBatch[] = [];
  const collect: Output = { emitBatch: (batch) => void emitted.push(ownBatch(batch)), emitWatermark: () => {} };
  const local = opened(createOperator(fixture.job.local), fixture, collect);
  return windowInput(fixture).map((batch, i) => {
    emitted = [];
    local.processBatch(batch, 0);
    local.prepareBarrier?.();
    return { batches: emitted, watermark: watermarks[i]! };
  });
}

function globalStage(fixture: Fixture): Stage {
  const { job, spanMs } = fixture;
  const partials = partialsOf(fixture);
  expectEqual('rows in windows', countThroughWindows(fixture, partials), fixture.events.length);
  const ignore: Output = { emitBatch: () => {}, emitWatermark: () => {} };
  const global = opened(createOperator(job.global), fixture, ignore);
  const replay = new Replay(partials.length, spanMs);
  let at = 0;
  return {
    name: 'global window aggregate, partial rows',
    unit: 'flush',
    bytesPerRecord: 0,
    before: () => {
      at = replay.next();
      if (!replay.began) return;
      for (const { batches } of partials) {
        for (const { columns, length } of batches) shiftTimes(columns[job.global.keyCount]!, length, spanMs);
      }
    },
    run: () => {
      const { batches, watermark } = partials[at]!;
      let rows = 0;
      for (const batch of batches) {
        global.processBatch(batch, 0);
        rows += batch.length;
      }
      global.processWatermark(watermark + replay.shiftMs);
      return rows;
    },
  };
}

/** What COUNT(*) says of everything together. */
function countThroughWindows(fixture: Fixture, partials: readonly Partial[]): number {
  let counted = 0;
  const sum: Output = {
    emitBatch: (batch) => {
      counted += sumOf(batch, fixture.job.global.keyCount); // COUNT(*) is the first aggregate
    },
    emitWatermark: () => {},
  };
  const global = opened(createOperator(fixture.job.global), fixture, sum);
  for (const { batches, watermark } of partials) {
    for (const batch of batches) global.processBatch(batch, 0);
    global.processWatermark(watermark);
  }
  global.processWatermark(maxWatermark);
  return counted;
}

/** Rows by the hash of their key to four channels, as bytes and back: all of an exchange but the hop from thread to thread. */
function exchangeStage(fixture: Fixture): Stage {
  const { bytesPerRecord, job } = fixture;
  const batches = windowInput(fixture);
  let received = 0;
  const receivers: OutputChannel[] = [];
  const slabs = new SlabPool();
  const receive = (channel: number) => (message: PeerMessage) => {
    if (message.kind !== 'batch') return;
    received += decodeBatch(message.slab).length;
    receivers[channel]!.credit(message.slab);
  };
  for (let i = 0; i < channels; i++) receivers.push(new OutputChannel(0, receive(i), slabs));
  const edge = new EdgeOutput(0, receivers, { kind: 'hash', keys: job.local.keys }, 0, 128);
  const replay = new Replay(batches.length);
  return {
    name: `exchange of rows, ${channels} channels`,
    unit: 'column batch',
    bytesPerRecord,
    run: () => {
      const before = received;
      const batch = batches[replay.next()]!;
      edge.batch(batch);
      expectEqual('rows received', received - before, batch.length);
      return batch.length;
    },
  };
}
