/** VALUES as a source: one split, read by subtask 0, whose position says whether the rows are out. */
import type { Column } from '../model/column.ts';
import { batchOf } from '../model/column.ts';
import type { SessionContext } from '../model/function.ts';
import type { ValuesSpec } from '../model/job-graph.ts';
import type { ReaderOutput, SourceReader, SourceSplit, SplitEnumerator } from '../model/source.ts';
import type { StringPool } from '../model/string-pool.ts';
import { type DataType, layoutOf } from '../model/types.ts';
import { compileScalar } from '../operators/codegen/expression-code.ts';

const splitId = 'values';

export function valuesEnumerator(): SplitEnumerator {
  return {
    start: async (restored) => restored ?? [{ id: splitId, position: { done: false } }],
    assign: () => 0,
    discoveryIntervalMs: null,
    discover: async () => [],
    close: async () => {},
  };
}

export class ValuesReader implements SourceReader {
  readonly #columns: readonly Column[];
  readonly #length: number;
  #done: boolean | null = null;

  constructor(spec: ValuesSpec, session: SessionContext, pool: StringPool) {
    this.#length = spec.rows.length;
    this.#columns = spec.fields.map(({ type }, i) => {
      const values = spec.rows.map((row) => compileScalar<() => unknown>(row[i]!, [], session, true)());
      return columnOf(type, values, pool);
    });
  }

  addSplits(splits: readonly SourceSplit[]): void {
    for (const split of splits) this.#done = split.position.done === true;
  }

  noMoreSplits(): void {
    this.#done ??= true;
  }

  async poll(): Promise<ReaderOutput> {
    if (this.#done === null) return { kind: 'none' };
    if (this.#done) return { kind: 'end' };
    this.#done = true;
    return { kind: 'batch', splitId, batch: batchOf(this.#length, this.#columns) };
  }

  wake(): void {}

  snapshot(): SourceSplit[] {
    return this.#done === null ? [] : [{ id: splitId, position: { done: this.#done } }];
  }

  endedSplits(): readonly string[] {
    return this.#done === true ? [splitId] : [];
  }

  lag(): readonly never[] {
    return [];
  }

  async close(): Promise<void> {}
}

/** A column of values as generated wide code gives them: `int` as bigint. */
function columnOf(type: DataType, values: readonly unknown[], pool: StringPool): Column {
  const nulls = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 1 : 0)) : null;
  switch (layoutOf(type)) {
    case 'bool':
      return { layout: 'bool', values: Uint8Array.from(values, (value) => (value === true ? 1 : 0)), nulls };
    case 'i32':
      return { layout: 'i32', values: Int32Array.from(values, (value) => Number(value ?? 0)), nulls };
    case 'f64':
      return { layout: 'f64', values: Float64Array.from(values, (value) => Number(value ?? 0)), nulls };
    case 'int': {
      const integers = values.map((value) => BigInt((value ?? 0) as bigint));
      if (integers.every((value) => BigInt.asIntN(64, value) === value))
        return { layout: 'int', wide: true, values: BigInt64Array.from(integers), nulls };
      return { layout: 'int', wide: true, values: integers, nulls };
    }
    case 'string':
      return {
        layout: 'string',
        encoding: 'codes',
        values: Int32Array.from(values, (v) => internOf(v, pool)),
        pool,
        nulls,
      };
    case 'object':
      return { layout: 'object', values: [...values], nulls };
  }
}

function internOf(value: unknown, pool: StringPool): number {
  if (value instanceof Uint8Array) return pool.intern(value, 0, value.length);
  return value === null ? 0 : pool.internString(value as string);
}
