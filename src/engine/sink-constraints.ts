/** What a table asks of the rows that are written to it, before its writer sees them: Flink's ConstraintEnforcer. */
import { type Column, type ColumnBatch, gatherBatch, valueAt } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { ContentRule, NotNullEnforcer } from '../model/job-graph.ts';
import type { Counters } from '../model/operator.ts';
import type { DataType, Field } from '../model/types.ts';
import { checkOf, type Wrong, wrongText } from './value-rules.ts';

export type SinkConstraintsOptions = Readonly<{
  table: string;
  fields: readonly Field[];
  notNull: NotNullEnforcer;
  content: ContentRule | null;
  counters: Counters;
}>;

export class SinkConstraints {
  readonly #options: SinkConstraintsOptions;
  /** Rows that were left out. */
  dropped = 0;
  /** Of one row. */
  readonly #content: ((values: readonly unknown[]) => Wrong | null) | null;

  constructor(options: SinkConstraintsOptions) {
    this.#options = options;
    const { content, fields } = options;
    const check = content === null ? null : checkOf(content.types, content, { nullable: true });
    this.#content = check && ((values) => check(values, (place) => fields[place]!.name));
  }

  /** The rows that may be written. Throws where one has to fail the job. */
  enforce(batch: ColumnBatch): ColumnBatch {
    return this.#enforceContent(this.#enforceNotNull(batch));
  }

  #enforceNotNull(batch: ColumnBatch): ColumnBatch {
    const { notNull, fields } = this.#options;
    const columns = notNull.columns.filter((index) => hasNull(batch.columns[index]!, batch.length));
    if (columns.length === 0) return batch;
    const [first] = columns;
    if (notNull.onNull === 'fail')
      throw this.#fault({ path: fields[first!]!.name, type: fields[first!]!.type, got: null });
    return this.#kept(batch, (row) => columns.every((index) => batch.columns[index]!.nulls![row] === 0));
  }

  #enforceContent(batch: ColumnBatch): ColumnBatch {
    const check = this.#content;
    if (check === null) return batch;
    const types = this.#options.fields.map(({ type }): DataType => type);
    return this.#kept(batch, (row) => {
      const wrong = check(batch.columns.map((column, i) => valueAt(column, types[i]!, row)));
      if (wrong === null) return true;
      if (wrong.got !== null || this.#options.notNull.onNull === 'fail') throw this.#fault(wrong);
      return false;
    });
  }

  #kept(batch: ColumnBatch, isKept: (row: number) => boolean): ColumnBatch {
    const kept = new Int32Array(batch.length);
    let count = 0;
    for (let row = 0; row < batch.length; row++) if (isKept(row)) kept[count++] = row;
    if (count === batch.length) return batch;
    this.dropped += batch.length - count;
    this.#options.counters.add('notNullDropped', batch.length - count);
    return gatherBatch(batch, kept.subarray(0, count), count);
  }

  #fault(wrong: Wrong): EngineError {
    const hint =
      wrong.got === null
        ? "SET 'table.exec.sink.not-null-enforcer' = 'DROP' drops such rows."
        : "SET 'table.exec.sink.type-length-enforcer' = 'TRIM_PAD' cuts and fills up.";
    return new EngineError('EVALUATION', `sink ${this.#options.table}: ${wrongText(wrong)}`, { hint });
  }
}

function hasNull(column: Column, length: number): boolean {
  if (column.nulls === null) return false;
  for (let row = 0; row < length; row++) if (column.nulls[row] === 1) return true;
  return false;
}
