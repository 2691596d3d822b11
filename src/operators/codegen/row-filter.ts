/** A predicate over batches: which rows pass. */
import type { Column, ColumnBatch } from '../../model/column.ts';
import { columnsOf, type Expression } from '../../model/expression.ts';
import type { SessionContext } from '../../model/function.ts';
import type { StringPool } from '../../model/string-pool.ts';
import type { Field } from '../../model/types.ts';
import { batchCode } from './batch-code.ts';
import { BatchShape, type BatchVariant, variantKey } from './batch-variant.ts';
import type { CodeMemo } from './code-memo.ts';
import { withoutIdentityCasts } from './identity-casts.ts';
import { needsWide } from './integers.ts';

type FilterCode = (
  columns: readonly Column[],
  zeros: Uint8Array,
  pool: StringPool,
  length: number,
  selection: Int32Array,
) => number;

type Compiled = Readonly<{ code: FilterCode; memos: readonly CodeMemo[] }>;

export class RowFilter {
  readonly #predicate: Expression;
  readonly #fields: readonly Field[];
  readonly #session: SessionContext;
  readonly #pool: StringPool;
  readonly #shape: BatchShape;
  readonly #compiled = new Map<string, Compiled>();
  #selection = new Int32Array(0);

  constructor(predicate: Expression, fields: readonly Field[], session: SessionContext, pool: StringPool) {
    this.#predicate = withoutIdentityCasts(predicate);
    this.#fields = fields;
    this.#session = session;
    this.#pool = pool;
    this.#shape = new BatchShape(fields, [...columnsOf(predicate)]);
  }

  /** The rows that passed the last time, in order; as many as `select` gave. */
  get selection(): Int32Array {
    return this.#selection;
  }

  /** How many rows pass: the predicate is true, neither false nor NULL. Throws EngineError EVALUATION when it fails on a row. */
  select(batch: ColumnBatch): number {
    if (this.#selection.length < batch.length) this.#selection = new Int32Array(batch.length);
    if (!this.#shape.hasWideInput(batch)) {
      try {
        return this.#run(batch, false);
      } catch (signal) {
        if (signal !== needsWide) throw signal;
      }
    }
    return this.#run(batch, true);
  }

  #run(batch: ColumnBatch, wide: boolean): number {
    const variant = this.#shape.variant(batch, wide, false);
    const key = variantKey(variant);
    let compiled = this.#compiled.get(key);
    if (compiled === undefined) {
      compiled = this.#compile(variant);
      this.#compiled.set(key, compiled);
    }
    for (const memo of compiled.memos) memo.sync(this.#pool);
    const columns = this.#shape.columns(batch, wide);
    return compiled.code(columns, this.#shape.zeros(batch.length), this.#pool, batch.length, this.#selection);
  }

  #compile(variant: BatchVariant): Compiled {
    const { builder, code, memos } = batchCode(this.#fields, variant, this.#session);
    builder.line('let count = 0;\nfor (let i = 0; i < length; i++) {');
    const { value, isNull } = code.plain(this.#predicate);
    const passes = isNull === 'false' ? value : `!(${isNull}) && ${value}`;
    // Without a branch on the data, which would be mispredicted.
    builder.line(`selection[count] = i;\ncount += ${passes} ? 1 : 0;\n}\nreturn count;`);
    const parameters = ['columns', 'zeros', 'pool', 'length', 'selection'];
    return { code: builder.build<FilterCode>('filterRows', parameters), memos };
  }
}
