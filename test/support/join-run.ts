import { rowKinds } from '../../src/model/column.ts';
import type { OperatorSpec } from '../../src/model/job-graph.ts';
import type { StateChunk } from '../../src/model/state.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import type { Field } from '../../src/model/types.ts';
import { createOperator } from '../../src/operators/registry.ts';
import { hashKeys, keyGroupOf, subtaskOf } from '../../src/state/key-group.ts';
import { batchOfRows, chunksFor, OperatorHarness, type Row } from './operator-harness.ts';
import { testSession } from './sql-expressions.ts';

// A join in any number of subtasks: rows go to the owner of their key, what comes out is gathered as texts, `+I 1 a null`.

export type JoinSpecOf = Extract<OperatorSpec, { leftKeys: readonly number[] }>;

export type Change = Readonly<{ input: 0 | 1; kind: (typeof rowKinds)[number]; row: Row }>;

type JoinRunOptions = Readonly<{ parallelism?: number; chunks?: readonly StateChunk[]; now?: () => number }>;

const maxParallelism = 8;

export class JoinRun {
  readonly #spec: JoinSpecOf;
  readonly #subtasks: readonly OperatorHarness[];
  readonly #pool = new StringPool();
  #out: string[] = [];

  constructor(spec: JoinSpecOf, { parallelism = 1, chunks = [], now = testSession.now }: JoinRunOptions = {}) {
    this.#spec = spec;
    const session = { ...testSession, now };
    this.#subtasks = Array.from({ length: parallelism }, (_, subtaskIndex) => {
      const ctx = { subtaskIndex, parallelism, maxParallelism, pool: this.#pool, session };
      const harness = new OperatorHarness(createOperator(spec), spec.fields, ctx);
      for (const chunk of chunksFor(chunks, harness.ctx)) harness.operator.restore!(chunk);
      harness.onBatch = ({ ops }) => {
        for (const [i, row] of harness.takeRows().entries()) this.#out.push(textOf(rowKinds[ops?.[i] ?? 0]!, row));
      };
      return harness;
    });
  }

  feed(...changes: readonly Change[]): string[] {
    for (const { input, kind, row } of changes) {
      const fields = input === 0 ? this.#spec.leftFields : this.#spec.rightFields;
      const batch = batchOfRows(fields, [row], { pool: this.#pool });
      const keys = input === 0 ? this.#spec.leftKeys : this.#spec.rightKeys;
      const [hash] = hashKeys(
        keys.map((key) => batch.columns[key]!),
        1,
        new Int32Array(1),
      );
      const owner = subtaskOf(keyGroupOf(hash!, maxParallelism), this.#subtasks.length, maxParallelism);
      this.#subtasks[owner]!.operator.processBatch({ ...batch, ops: Uint8Array.of(rowKinds.indexOf(kind)) }, input);
    }
    return this.take();
  }

  watermark(watermark: number): string[] {
    for (const { operator } of this.#subtasks) operator.processWatermark(watermark);
    return this.take();
  }

  /** What came out since the last call. */
  take(): string[] {
    return this.#out.splice(0);
  }

  /** The state as chunks; `after` happens between the snapshot and its writing, and must not show in it. */
  snapshot(after: () => void = () => {}): StateChunk[] {
    const snapshots = this.#subtasks.map(({ operator }) => operator.snapshot!());
    after();
    return snapshots.flatMap((snapshot) => {
      const chunks = [...snapshot.chunks()];
      snapshot.done();
      return chunks;
    });
  }
}

export function textOf(kind: string, row: Row): string {
  return [kind, ...row.map(String)].join(' ');
}

/** The rows that are left of changes, sorted; what is taken back has to be there. */
export function folded(changes: readonly string[]): string[] {
  const rows: string[] = [];
  for (const change of changes) {
    const [kind, row] = [change.slice(0, 2), change.slice(3)];
    if (kind === '+I' || kind === '+U') rows.push(row);
    else {
      const place = rows.indexOf(row);
      if (place < 0) throw new Error(`'${change}' takes back what is not there`);
      rows.splice(place, 1);
    }
  }
  return rows.sort();
}

export function fieldsNamed(names: readonly string[], type: Field['type']): Field[] {
  return names.map((name) => ({ name, type }));
}
