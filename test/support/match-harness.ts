import { minWatermark } from '../../src/model/column.ts';
import type { MatchSpec } from '../../src/model/job-graph.ts';
import { inputsOf, insertOnly, type MatchNode, type PlanNode } from '../../src/model/plan.ts';
import { MatchOperator } from '../../src/operators/match/match-operator.ts';
import { hashKeys, keyGroupOf, subtaskOf } from '../../src/state/key-group.ts';
import { batchOfRows, chunksFor, OperatorHarness, type Row } from './operator-harness.ts';
import { pipelinesOf } from './sql-session.ts';

// MATCH_RECOGNIZE from its SQL: the operator of the plan, fed with rows of the plan's input.

function matchIn(node: PlanNode): MatchNode {
  return node.kind === 'match' ? node : matchIn(inputsOf(node)[0]!);
}

/** The spec of the one MATCH_RECOGNIZE of a script. */
export async function matchSpec(script: string): Promise<MatchSpec> {
  const [pipeline] = await pipelinesOf(script);
  const { input, ...node } = matchIn(pipeline!.input);
  return { ...node, inputFields: input.fields, inputChanges: insertOnly };
}

/** Several subtasks of the operator: rows go to the one that owns their key. */
export class MatchSubtasks {
  readonly spec: MatchSpec;
  #harnesses: OperatorHarness[];

  constructor(spec: MatchSpec, parallelism = 1) {
    this.spec = spec;
    this.#harnesses = this.#open(parallelism);
  }

  #open(parallelism: number): OperatorHarness[] {
    return Array.from(
      { length: parallelism },
      (_, subtaskIndex) =>
        new OperatorHarness(new MatchOperator(this.spec), this.spec.fields, { subtaskIndex, parallelism }),
    );
  }

  rows(rows: readonly Row[]): void {
    for (const [index, harness] of this.#harnesses.entries()) {
      const own = rows.filter((row) => this.#ownerOf(row, harness) === index);
      const batch = batchOfRows(this.spec.inputFields, own, { pool: harness.ctx.pool });
      if (own.length > 0) harness.operator.processBatch(batch, 0);
    }
  }

  watermark(watermark: number): void {
    if (watermark === minWatermark) return;
    for (const { operator } of this.#harnesses) operator.processWatermark(watermark);
  }

  /** Takes a snapshot and goes on with it in as many subtasks. What was emitted before stays. */
  rescale(parallelism: number): Row[] {
    const emitted = this.takeRows();
    const snapshots = this.#harnesses.map(({ operator }) => operator.snapshot!());
    const chunks = snapshots.flatMap((snapshot) => [...snapshot.chunks()]);
    for (const snapshot of snapshots) snapshot.done();
    this.#harnesses = this.#open(parallelism);
    for (const { operator, ctx } of this.#harnesses) {
      for (const chunk of chunksFor(chunks, ctx)) operator.restore!(chunk);
    }
    return emitted;
  }

  takeRows(): Row[] {
    return this.#harnesses.flatMap((harness) => harness.takeRows());
  }

  get lateRecords(): number {
    return this.#harnesses.reduce((sum, { counts }) => sum + (counts.get('lateRecords') ?? 0), 0);
  }

  #ownerOf(row: Row, { ctx }: OperatorHarness): number {
    const { partition, inputFields } = this.spec;
    const keys = partition.map((column) => inputFields[column]!);
    if (keys.length === 0) return 0;
    const batch = batchOfRows(keys, [partition.map((column) => row[column])], { pool: ctx.pool });
    const [hash] = hashKeys(batch.columns, 1, new Int32Array(1));
    return subtaskOf(keyGroupOf(hash!, ctx.maxParallelism), ctx.parallelism, ctx.maxParallelism);
  }
}
