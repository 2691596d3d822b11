/** (h) The whole way on one thread: record batches, scan, calc, both halves of the window with the exchange between them. */
import { EdgeOutput } from '../../src/engine/edge-output.ts';
import { OutputChannel } from '../../src/engine/output-channel.ts';
import type { PeerMessage } from '../../src/engine/protocol.ts';
import { SlabPool } from '../../src/engine/slab-pool.ts';
import { BatchReader } from '../../src/kafka/batch-reader.ts';
import type { Compression } from '../../src/kafka/client-config.ts';
import { readBatchHeader } from '../../src/kafka/record-batch.ts';
import { RecordRun } from '../../src/kafka/record-run.ts';
import { batchOf, type ColumnBatch, maxWatermark, minWatermark } from '../../src/model/column.ts';
import type { Decoder } from '../../src/model/format.ts';
import type { SourceSpec } from '../../src/model/job-graph.ts';
import type { Operator, OperatorContext, Output } from '../../src/model/operator.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { WatermarkExpression } from '../../src/operators/watermark-expression.ts';
import { decodeBatch } from '../../src/state/batch-codec.ts';
import {
  batchRows,
  encodeBatches,
  type Fixture,
  jsonDecoder,
  operatorContext,
  shiftTimes,
  sumOf,
} from '../support/fixture.ts';
import { expectEqual, Replay, type Stage } from '../support/stage.ts';

/** Operators one behind the other, opened; what comes out of the last goes to `output`. Returns where rows go in. */
export function chainOf(operators: readonly Operator[], ctx: OperatorContext, output: Output): Output {
  return operators.reduceRight<Output>((next, operator) => {
    operator.open(ctx, next);
    return {
      emitBatch: (batch) => operator.processBatch(batch, 0),
      emitWatermark: (watermark) => operator.processWatermark(watermark),
    };
  }, output);
}

/** The watermark of a source that is one split. */
export class WatermarkMaker {
  readonly #expression: WatermarkExpression;
  #watermark = minWatermark;

  constructor({ watermark, fields }: SourceSpec, { session, pool }: OperatorContext) {
    this.#expression = new WatermarkExpression(watermark!.expression, fields, session, pool);
  }

  behind(batch: ColumnBatch): number {
    this.#watermark = Math.max(this.#watermark, this.#expression.evaluate(batch).max);
    return this.#watermark;
  }
}

export function chainStages(fixture: Fixture): Stage[] {
  return (['lz4', 'zstd'] as const).map((compression) => chainStage(fixture, compression));
}

function chainStage(fixture: Fixture, compression: Compression): Stage {
  const batches = encodeBatches(fixture.events, compression);
  const check = new Pipeline(fixture);
  for (const bytes of batches) check.read(bytes, 0);
  check.end();
  expectEqual(`rows counted in windows, ${compression}`, check.counted, fixture.events.length);
  const pipeline = new Pipeline(fixture);
  const replay = new Replay(batches.length, fixture.spanMs);
  return {
    name: `decode + scan + window, ${compression}`,
    unit: 'Kafka batch',
    bytesPerRecord: fixture.bytesPerRecord,
    run: () => {
      const bytes = batches[replay.next()]!;
      return pipeline.read(bytes, replay.shiftMs);
    },
  };
}

class Pipeline {
  /** The sum of COUNT(*) over the windows that fired. */
  counted = 0;
  readonly #batches = new BatchReader(true);
  readonly #run = new RecordRun();
  readonly #decoder: Decoder;
  readonly #timeColumn: number;
  readonly #watermarks: WatermarkMaker;
  readonly #first: Output;

  constructor({ job, timeColumn }: Fixture) {
    const pool = new StringPool();
    const ctx = operatorContext(pool);
    this.#decoder = jsonDecoder(job.source.columns, pool);
    this.#timeColumn = timeColumn;
    this.#watermarks = new WatermarkMaker(job.source, ctx);
    const global = createOperator(job.global);
    const count = (batch: ColumnBatch): void => {
      this.counted += sumOf(batch, job.global.keyCount); // COUNT(*) is the first aggregate
    };
    global.open(ctx, { emitBatch: count, emitWatermark: () => {} });
    this.#first = chainOf([...job.before, job.local].map(createOperator), ctx, exchange(global));
  }

  /** The records of a batch; `shiftMs` is added to their times. */
  read(bytes: Buffer, shiftMs: number): number {
    const header = readBatchHeader(bytes, 0, bytes.length, 'bench')!;
    const run = this.#run;
    const decoder = this.#decoder;
    this.#batches.read(bytes, header, run, 'bench');
    const { bytes: records, valueStarts, valueEnds, count } = run;
    for (let i = 0; i < count; i++) {
      const fault = decoder.decode(records, valueStarts[i]!, valueEnds[i]!);
      if (fault !== null) throw new Error(fault.message);
      if (decoder.rows === batchRows) this.#hand(shiftMs);
    }
    return count;
  }

  end(): void {
    this.#hand(0);
    this.#first.emitWatermark(maxWatermark);
  }

  #hand(shiftMs: number): void {
    const { rows } = this.#decoder;
    if (rows === 0) return;
    const batch = batchOf(rows, this.#decoder.take());
    if (shiftMs > 0) shiftTimes(batch.columns[this.#timeColumn]!, rows, shiftMs);
    const watermark = this.#watermarks.behind(batch);
    this.#first.emitBatch(batch);
    this.#first.emitWatermark(watermark);
  }
}

/** To the one subtask there is, as bytes. */
function exchange(target: Operator): Output {
  const receive = (message: PeerMessage): void => {
    if (message.kind === 'watermark') target.processWatermark(message.watermark);
    if (message.kind !== 'batch') return;
    target.processBatch(decodeBatch(message.slab), 0);
    channel.credit(message.slab);
  };
  const channel = new OutputChannel(0, receive, new SlabPool());
  const edge = new EdgeOutput(0, [channel], { kind: 'hash', keys: [0] }, 0, 128);
  return { emitBatch: (batch) => edge.batch(batch), emitWatermark: (watermark) => edge.watermark(watermark) };
}
