/** Expressions over batches: a new column each. */
import { type Column, type ColumnBatch, gather } from '../../model/column.ts';
import { columnsOf, type Expression } from '../../model/expression.ts';
import type { SessionContext } from '../../model/function.ts';
import type { StringPool } from '../../model/string-pool.ts';
import { type DataType, type Field, layoutOf } from '../../model/types.ts';
import { batchCode } from './batch-code.ts';
import { BatchShape, type BatchVariant, variantKey } from './batch-variant.ts';
import type { CodeBuilder } from './code-builder.ts';
import type { CodeMemo } from './code-memo.ts';
import type { ExpressionCode } from './expression-code.ts';
import { isBytes } from './fragment.ts';
import { withoutIdentityCasts } from './identity-casts.ts';
import { needsWide } from './integers.ts';
import { OutputColumn, type OutputForm } from './output-column.ts';

type ProjectionCode = (
  columns: readonly Column[],
  zeros: Uint8Array,
  pool: StringPool,
  selection: Int32Array | null,
  count: number,
  out: readonly OutputColumn[],
) => void;

type Compiled = Readonly<{ code: ProjectionCode; memos: readonly CodeMemo[]; forms: readonly OutputForm[] }>;

export class RowProjection {
  readonly #expressions: readonly Expression[];
  readonly #computed: readonly Expression[];
  readonly #fields: readonly Field[];
  readonly #session: SessionContext;
  readonly #pool: StringPool;
  readonly #shape: BatchShape;
  readonly #out: readonly OutputColumn[];
  readonly #compiled = new Map<string, Compiled>();

  constructor(expressions: readonly Expression[], fields: readonly Field[], session: SessionContext, pool: StringPool) {
    this.#expressions = expressions.map(withoutIdentityCasts);
    this.#computed = this.#expressions.filter(({ kind }) => kind !== 'column');
    this.#fields = fields;
    this.#session = session;
    this.#pool = pool;
    this.#out = this.#computed.map(({ type }) => new OutputColumn(type, pool));
    this.#shape = new BatchShape(fields, [...new Set(this.#computed.flatMap((e) => [...columnsOf(e)]))]);
  }

  /**
   * A column of `count` rows for each expression: of the rows `selection[0 … count)`, or of the first `count` without one. Plain columns
   * are shared where there is no selection; the others stay valid until the next call. Throws EngineError EVALUATION when an expression
   * fails on a row.
   */
  project(batch: ColumnBatch, selection: Int32Array | null, count: number): readonly Column[] {
    const computed = this.#compute(batch, selection, count);
    const shared = new Map<number, Column>();
    let next = 0;
    return this.#expressions.map((expression) => {
      if (expression.kind !== 'column') return computed[next++]!;
      const column = batch.columns[expression.index]!;
      if (selection === null) return column;
      const known = shared.get(expression.index) ?? gather(column, selection, count);
      shared.set(expression.index, known);
      return known;
    });
  }

  #compute(batch: ColumnBatch, selection: Int32Array | null, count: number): readonly Column[] {
    if (this.#computed.length === 0) return [];
    if (!this.#shape.hasWideInput(batch)) {
      try {
        return this.#run(batch, selection, count, false);
      } catch (signal) {
        if (signal !== needsWide) throw signal;
      }
    }
    return this.#run(batch, selection, count, true);
  }

  #run(batch: ColumnBatch, selection: Int32Array | null, count: number, wide: boolean): readonly Column[] {
    const variant = this.#shape.variant(batch, wide, selection !== null);
    const key = variantKey(variant);
    let compiled = this.#compiled.get(key);
    if (compiled === undefined) {
      compiled = this.#compile(variant);
      this.#compiled.set(key, compiled);
    }
    for (const memo of compiled.memos) memo.sync(this.#pool);
    for (const [i, column] of this.#out.entries()) column.prepare(count, compiled.forms[i]!, wide);
    const columns = this.#shape.columns(batch, wide);
    compiled.code(columns, this.#shape.zeros(batch.length), this.#pool, selection, count, this.#out);
    return this.#out.map((column) => column.column(count));
  }

  #compile(variant: BatchVariant): Compiled {
    const { builder, code, memos } = batchCode(this.#fields, variant, this.#session);
    const forms = this.#computed.map((expression) => outputForm(expression, variant));
    builder.line(`for (let k = 0; k < count; k++) {\nconst i = ${variant.selected ? 'selection[k]' : 'k'};`);
    const flagged = this.#computed.map((expression, j) => writeOutput(builder, code, expression, j, forms[j]!));
    builder.line(`}\n${flagged.map((any, j) => (any ? `out[${j}].hasNulls = any${j} === 1;` : '')).join('\n')}`);
    const parameters = ['columns', 'zeros', 'pool', 'selection', 'count', 'out'];
    return { code: builder.build<ProjectionCode>('projectRows', parameters), memos, forms };
  }
}

/** What is made of strings that lie as bytes is mostly distinct too. */
function outputForm(expression: Expression, { bytes }: BatchVariant): OutputForm {
  const fromBytes = [...columnsOf(expression)].some((index) => bytes.has(index));
  return layoutOf(expression.type) === 'string' && fromBytes ? 'text' : 'values';
}

/** Writes one expression into its output column; gives whether it may be NULL. */
function writeOutput(
  builder: CodeBuilder,
  code: ExpressionCode,
  expression: Expression,
  j: number,
  form: OutputForm,
): boolean {
  builder.hoist(`const ${form === 'text' ? `ranges${j} = out[${j}].ranges` : `out${j} = out[${j}].values`};`);
  const isText = layoutOf(expression.type) === 'string';
  const { value, isNull } = isText && form === 'values' ? code.code(expression) : code.plain(expression);
  const store = storeSource(expression.type, j, form, value);
  if (isNull === 'false') {
    builder.line(store);
    return false;
  }
  builder.hoist(`const isNull${j} = out[${j}].nulls;\nlet any${j} = 0;`);
  builder.line(`if (${isNull}) { isNull${j}[k] = 1; any${j} = 1; } else { isNull${j}[k] = 0; ${store} }`);
  return true;
}

function storeSource(type: DataType, j: number, form: OutputForm, value: string): string {
  if (form === 'text') return `ranges${j}.${isBytes(type) ? 'writeBytes' : 'writeText'}(k, ${value});`;
  return `out${j}[k] = ${layoutOf(type) === 'bool' ? `${value} ? 1 : 0` : value};`;
}
