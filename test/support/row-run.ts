import { rowKinds } from '../../src/model/column.ts';
import type { OperatorSpec } from '../../src/model/job-graph.ts';
import type { OperatorContext } from '../../src/model/operator.ts';
import type { StateChunk } from '../../src/model/state.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import type { Field } from '../../src/model/types.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { hashKeys, keyGroupOf, subtaskOf } from '../../src/state/key-group.ts';
import { textOf } from './join-run.ts';
import { batchOfRows, chunksFor, OperatorHarness, type Row } from './operator-harness.ts';

// An operator with one input in any number of subtasks: rows go to the owner of their key, what comes out is gathered as texts, `+I 1 a null`.

export type OneInputSpec = Extract<OperatorSpec, { inputFields: readonly Field[] }>;

/** A row that comes, or the watermark. */
export type Step = Readonly<{ kind: (typeof rowKinds)[number]; row: Row }> | number;

type RunOptions = Readonly<{ parallelism?: number; chunks?: readonly StateChunk[]; ctx?: Partial<OperatorContext> }>;

const maxParallelism = 8;

export class RowRun {
  readonly subtasks: readonly OperatorHarness[];
  readonly #spec: OneInputSpec;
  readonly #keys: readonly number[];
  readonly #pool = new StringPool();
  #out: string[] = [];

  /** `keys`: by which the rows are dealt out. */
  constructor(
    spec: OneInputSpec,
    keys: readonly number[],
    { parallelism = 1, chunks = [], ctx = {} }: RunOptions = {},
  ) {
    this.#spec = spec;
    this.#keys = keys;
    this.subtasks = Array.from({ length: parallelism }, (_, subtaskIndex) => {
      const own = { subtaskIndex, parallelism, maxParallelism, pool: this.#pool, ...ctx };
      const harness = new OperatorHarness(createOperator(spec), spec.fields, own);
      for (const chunk of chunksFor(chunks, harness.ctx)) harness.operator.restore!(chunk);
      harness.onBatch = ({ ops }) => {
        for (const [i, row] of harness.takeRows().entries()) this.#out.push(textOf(rowKinds[ops?.[i] ?? 0]!, row));
      };
      return harness;
    });
  }

  /** What comes out of the steps. */
  feed(steps: readonly Step[]): string[] {
    for (const step of steps) {
      if (typeof step === 'number') for (const { operator } of this.subtasks) operator.processWatermark(step);
      else this.#row(step);
    }
    return this.take();
  }

  take(): string[] {
    return this.#out.splice(0);
  }

  /** The state as chunks; `after` happens between the snapshot and its writing, and must not show in it. */
  snapshot(after: readonly Step[] = []): StateChunk[] {
    const snapshots = this.subtasks.map(({ operator }) => operator.snapshot!());
    this.feed(after);
    return snapshots.flatMap((snapshot) => {
      const chunks = [...snapshot.chunks()];
      snapshot.done();
      return chunks;
    });
  }

  count(name: string): number {
    return this.subtasks.reduce((sum, { counts }) => sum + (counts.get(name) ?? 0), 0);
  }

  #row({ kind, row }: Exclude<Step, number>): void {
    const batch = batchOfRows(this.#spec.inputFields, [row], { pool: this.#pool });
    const columns = this.#keys.map((key) => batch.columns[key]!);
    const [hash] = hashKeys(columns, 1, new Int32Array(1));
    const owner = subtaskOf(keyGroupOf(hash!, maxParallelism), this.subtasks.length, maxParallelism);
    this.subtasks[owner]!.operator.processBatch({ ...batch, ops: Uint8Array.of(rowKinds.indexOf(kind)) }, 0);
  }
}

/** The steps in two runs with a snapshot between them, the second at another parallelism. */
export function cutRun(spec: OneInputSpec, keys: readonly number[], steps: readonly Step[], at: number): string[] {
  const first = new RowRun(spec, keys, { parallelism: 2 });
  const before = first.feed(steps.slice(0, at));
  const chunks = first.snapshot(steps.slice(at)); // what comes later must not be in it
  const second = new RowRun(spec, keys, { parallelism: 3, chunks });
  return [...before, ...second.feed(steps.slice(at))];
}

export function insert(...row: Row): Step {
  return { kind: '+I', row };
}
