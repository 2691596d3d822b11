import { type ColumnBatch, gatherBatch, minWatermark } from '../../src/model/column.ts';
import type { WindowTime } from '../../src/model/job-graph.ts';
import type { AggregateCall, WindowDefinition, WindowProperty } from '../../src/model/plan.ts';
import type { StateChunk } from '../../src/model/state.ts';
import type { StringPool } from '../../src/model/string-pool.ts';
import { type Field, types } from '../../src/model/types.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { localWindowFields } from '../../src/operators/window/fields.ts';
import { hashKeys, keyGroupOf, subtaskOf } from '../../src/state/key-group.ts';
import { chunksFor, OperatorHarness, type Row } from './operator-harness.ts';

// Both halves of a windowed aggregation with the exchange between them: `locals` subtasks of the first, `globals` of the second.

const maxParallelism = 128;
const properties: readonly WindowProperty[] = ['window_start', 'window_end', 'window_time'];

export type WindowJob = Readonly<{
  window: WindowDefinition;
  time: WindowTime;
  keys: readonly number[];
  aggregates: readonly AggregateCall[];
  inputFields: readonly Field[];
}>;

/** Keys, aggregates, window_start, window_end, window_time. */
function windowFields({ keys, aggregates, inputFields, time }: WindowJob): Field[] {
  return [
    ...keys.map((key) => inputFields[key]!),
    ...aggregates.map(({ name, type }, i) => ({ name: `${name}${i}`, type })),
    { name: 'window_start', type: types.timestamp(3, false) },
    { name: 'window_end', type: types.timestamp(3, false) },
    { name: 'window_time', type: time.timeZone === null ? types.timestamp(3, false) : types.timestampLtz(3, false) },
  ];
}

export class WindowPipeline {
  readonly locals: readonly OperatorHarness[];
  readonly globals: readonly OperatorHarness[];
  readonly #keyCount: number;
  readonly #watermarks: number[];

  constructor(job: WindowJob, parallelism: { locals: number; globals: number }, pool: StringPool) {
    const { window, time, keys, aggregates, inputFields } = job;
    const between = localWindowFields(job);
    this.#keyCount = keys.length;
    this.#watermarks = new Array<number>(parallelism.locals).fill(minWatermark);
    this.globals = Array.from({ length: parallelism.globals }, (_, subtaskIndex) => {
      const fields = windowFields(job);
      const operator = createOperator({
        kind: 'global_window_aggregate',
        attached: false,
        window,
        time,
        keyCount: keys.length,
        aggregates,
        rowFields: inputFields,
        properties,
        inputFields: between,
        fields,
      });
      return new OperatorHarness(operator, fields, {
        subtaskIndex,
        parallelism: parallelism.globals,
        maxParallelism,
        pool,
      });
    });
    this.locals = Array.from({ length: parallelism.locals }, (_, subtaskIndex) => {
      const spec = {
        kind: 'local_window_aggregate',
        attached: false,
        window,
        time,
        keys,
        aggregates,
        inputFields,
        fields: between,
      } as const;
      const ctx = { subtaskIndex, parallelism: parallelism.locals, maxParallelism, pool };
      const harness = new OperatorHarness(createOperator(spec), between, ctx);
      harness.onBatch = (batch) => this.#exchange(batch);
      harness.onWatermark = (watermark) => this.#advance(subtaskIndex, watermark);
      return harness;
    });
  }

  /** A batch into one local subtask. */
  batch(batch: ColumnBatch, local = 0): void {
    this.locals[local]!.operator.processBatch(batch, 0);
  }

  /** The same watermark into every local subtask. */
  watermark(watermark: number): void {
    for (const local of this.locals) local.operator.processWatermark(watermark);
  }

  /** A barrier: what the second half holds, to be read later. */
  snapshot(): { chunks: () => StateChunk[]; done: () => void } {
    for (const local of this.locals) local.operator.prepareBarrier?.();
    const snapshots = this.globals.map(({ operator }) => operator.snapshot!());
    return {
      chunks: () => snapshots.flatMap((snapshot) => Array.from(snapshot.chunks())),
      done: () => {
        for (const snapshot of snapshots) snapshot.done();
      },
    };
  }

  restore(chunks: readonly StateChunk[]): void {
    for (const { operator, ctx } of this.globals) {
      for (const chunk of chunksFor(chunks, ctx)) operator.restore!(chunk);
    }
  }

  takeRows(): Row[] {
    return this.globals.flatMap((global) => global.takeRows());
  }

  count(name: string): number {
    return [...this.locals, ...this.globals].reduce((sum, { counts }) => sum + (counts.get(name) ?? 0), 0);
  }

  #exchange(batch: ColumnBatch): void {
    const hashes = hashKeys(batch.columns.slice(0, this.#keyCount), batch.length, new Int32Array(batch.length));
    for (const [subtask, { operator }] of this.globals.entries()) {
      const selection = Int32Array.from(
        Array.from(hashes.keys()).filter(
          (row) => subtaskOf(keyGroupOf(hashes[row]!, maxParallelism), this.globals.length, maxParallelism) === subtask,
        ),
      );
      if (selection.length > 0) operator.processBatch(gatherBatch(batch, selection, selection.length), 0);
    }
  }

  #advance(local: number, watermark: number): void {
    const before = Math.min(...this.#watermarks);
    this.#watermarks[local] = watermark;
    const combined = Math.min(...this.#watermarks);
    if (combined > before) for (const { operator } of this.globals) operator.processWatermark(combined);
  }
}
