import { rowKinds } from '../../src/model/column.ts';
import type { Operator, OperatorContext } from '../../src/model/operator.ts';
import type { StateChunk } from '../../src/model/state.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type Field, layoutOf } from '../../src/model/types.ts';
import { hashKeys, keyGroupOf, subtaskOf } from '../../src/state/key-group.ts';
import { batchOfRows, chunksFor, OperatorHarness, type Row } from './operator-harness.ts';

// Changes as texts, `+U 1 b`: a kind and the values of the row. For operators that take and give changelogs.

export class ChangeHarness {
  readonly operator: Operator;
  readonly #harness: OperatorHarness;
  readonly #fields: readonly Field[];
  readonly #pool = new StringPool();
  #out: string[] = [];

  /** `fields`: of what is fed; `outputFields`: of what comes out. */
  constructor(
    operator: Operator,
    fields: readonly Field[],
    ctx: Partial<OperatorContext> = {},
    outputFields: readonly Field[] = fields,
  ) {
    this.operator = operator;
    this.#fields = fields;
    this.#harness = new OperatorHarness(operator, outputFields, ctx);
    this.#harness.onBatch = (batch) => {
      const rows = this.#harness.takeRows();
      for (const [i, row] of rows.entries())
        this.#out.push([rowKinds[batch.ops?.[i] ?? 0], ...row.map(String)].join(' '));
    };
  }

  /** Feeds changes of an input; what came out. */
  feed(changes: readonly string[], input = 0): string[] {
    const parsed = changes.map((text) => this.#parse(text));
    const batch = batchOfRows(
      this.#fields,
      parsed.map(({ row }) => row),
      { pool: this.#pool },
    );
    this.operator.processBatch({ ...batch, ops: Uint8Array.from(parsed, ({ op }) => op) }, input);
    return this.#out.splice(0);
  }

  /** Feeds those changes whose keys are this subtask's. */
  feedOwned(changes: readonly string[], keys: readonly number[]): string[] {
    const { subtaskIndex, parallelism, maxParallelism } = this.#harness.ctx;
    const rows = changes.map((text) => this.#parse(text).row);
    const { columns } = batchOfRows(this.#fields, rows, { pool: this.#pool });
    const hashes = hashKeys(
      keys.map((key) => columns[key]!),
      rows.length,
      new Int32Array(rows.length),
    );
    const owned = changes.filter(
      (_, i) => subtaskOf(keyGroupOf(hashes[i]!, maxParallelism), parallelism, maxParallelism) === subtaskIndex,
    );
    return owned.length === 0 ? [] : this.feed(owned);
  }

  restore(chunks: readonly StateChunk[]): this {
    for (const chunk of chunksFor(chunks, this.#harness.ctx)) this.operator.restore!(chunk);
    return this;
  }

  #parse(text: string): { op: number; row: Row } {
    const [kind, ...values] = text.split(' ');
    const row = values.map((value, i) => {
      if (value === 'null') return null;
      return layoutOf(this.#fields[i]!.type) === 'string' ? value : Number(value);
    });
    return { op: (rowKinds as readonly string[]).indexOf(kind!), row };
  }
}
