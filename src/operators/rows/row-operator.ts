/**
 * What operators that work row by row have in common: rows out of batches and into batches, watermarks between rows, state and its
 * snapshots. A subclass says what happens to a row and when time passes.
 */
import { type Fate, type Figures, fate } from '../../model/account.ts';
import { batchOf, type Column, type ColumnBatch, minWatermark, op } from '../../model/column.ts';
import { EngineError } from '../../model/errors.ts';
import type { Operator, OperatorContext, OperatorSnapshot, Output } from '../../model/operator.ts';
import type { Row } from '../../model/row.ts';
import type { StateChunk, StateTableFields } from '../../model/state.ts';
import { type Field, types } from '../../model/types.ts';
import type { StateHandle, StateTtl } from '../../state/keyed-state.ts';
import { FateTally } from '../fate-tally.ts';
import { RowOutput } from './row-output.ts';
import { RowReader } from './row-reader.ts';

const watermarkTable = 'watermark';

export abstract class RowOperator implements Operator {
  /** Set by `open`. */
  protected ctx!: OperatorContext;
  protected output!: RowOutput;
  /** The watermark in force: of the rows before this one. Part of the snapshot, so that what was late stays late. */
  protected watermark = minWatermark;
  /** Of all rows that came. */
  protected readonly fates = new FateTally();
  readonly #readers: readonly RowReader[];
  readonly #fields: readonly Field[];
  #restored: { watermark: number | null } | null = null;
  /** The time that state expires by. It stands still while a batch is worked on: what a row has found is there until the row is done. */
  #nowMs = 0;

  /** `inputs`: the fields of each input. `fields`: of what is emitted. */
  constructor(inputs: readonly (readonly Field[])[], fields: readonly Field[]) {
    this.#readers = inputs.map((input) => new RowReader(input.map(({ type }) => type)));
    this.#fields = fields;
  }

  open(ctx: OperatorContext, output: Output): void {
    this.ctx = ctx;
    this.output = new RowOutput(this.#fields, output);
    this.opened();
  }

  /** Makes what needs the context: states, compiled expressions. */
  protected abstract opened(): void;

  /** One row of an input; `change` is a code of `op` (model/column.ts). Says what became of it; what is late or has no time is counted here. */
  protected abstract row(change: number, row: Row, input: number): Fate;

  /** The watermark rises; `this.watermark` still is the old one. Emits what is due. */
  protected abstract advance(watermark: number): void;

  /** Every state table, always in the same order. */
  protected abstract states(): readonly StateHandle[];

  /** What is true of the rows to come when the inputs are at this watermark. Never falls. */
  protected watermarkBelow(watermark: number): number {
    return watermark;
  }

  /** Where each row that comes goes out as one row at the most: how many are still to do so. null: what goes out are rows of its own. */
  protected waitingRows(): number | null {
    return null;
  }

  /** Of a state that is forgotten `ms` after it was written (`table.exec.state.ttl`); null: never. */
  protected ttl(ms: number | null): StateTtl | null {
    return ms === null ? null : { ms, now: () => this.#nowMs };
  }

  /** State has come back (and `this.watermark`): sets timers anew. Before the first row. */
  protected restored(): void {}

  processBatch(batch: ColumnBatch, input: number): void {
    this.#nowMs = this.ctx.session.now();
    this.finishRestore();
    const read = this.#readers[input]!.bind(batch);
    const { ops, watermarks, length } = batch;
    const { counts } = this.fates;
    const late = counts[fate.late]!;
    const timeless = counts[fate.nullRowtime]!;
    for (let i = 0; i < length; i++) {
      if (watermarks !== null && watermarks[i]! > this.watermark) this.processWatermark(watermarks[i]!);
      counts[this.row(ops === null ? op.insert : ops[i]!, read(i), input)]!++;
    }
    this.output.flush();
    this.#count('lateRecords', counts[fate.late]! - late);
    this.#count('nullRowtimes', counts[fate.nullRowtime]! - timeless);
  }

  #count(name: string, rows: number): void {
    if (rows > 0) this.ctx.counters.add(name, rows);
  }

  processWatermark(watermark: number): void {
    this.#nowMs = this.ctx.session.now();
    this.finishRestore();
    if (watermark <= this.watermark) return;
    this.advance(watermark);
    this.watermark = watermark;
    this.output.watermark(this.watermarkBelow(watermark));
  }

  snapshot(): OperatorSnapshot {
    this.#nowMs = this.ctx.session.now();
    this.finishRestore();
    const watermark = this.watermark;
    const snapshots = this.states().map((state) => state.snapshot());
    return {
      *chunks() {
        if (snapshots.length > 0) yield watermarkChunk(watermark);
        for (const snapshot of snapshots) yield* snapshot.chunks();
      },
      done() {
        for (const snapshot of snapshots) snapshot.done();
      },
    };
  }

  account(): Figures {
    this.finishRestore();
    const waiting = this.waitingRows();
    return { ...this.fates.figures(), ...(waiting === null ? {} : { waiting, made: 0 }) };
  }

  stateTables(): readonly StateTableFields[] {
    const schemas = this.states().map(({ schema }) => schema);
    return schemas.length === 0 ? [] : [watermarkSchema, ...schemas];
  }

  restore(chunk: StateChunk): void {
    this.#nowMs = this.ctx.session.now();
    this.#restored ??= { watermark: null };
    if (chunk.table === watermarkTable) {
      const { values } = chunk.batch.columns[0] as Column & { layout: 'f64' };
      const least = Math.min(...values.subarray(0, chunk.batch.length));
      this.#restored.watermark = Math.min(least, this.#restored.watermark ?? least);
      return;
    }
    const state = this.states().find(({ name }) => name === chunk.table);
    if (state !== undefined) {
      state.restore(chunk);
      return;
    }
    const names = this.states().map(({ name }) => name);
    throw new EngineError('CHECKPOINT', `state: expected the tables ${names.join(', ')}, found ${chunk.table}`, {
      hint: 'The checkpoint belongs to another query: start with --restore none.',
    });
  }

  stateBytes(): number {
    return this.states().reduce((sum, state) => sum + state.bytes(), 0);
  }

  /** Before the first call after `restore` that looks at the state. */
  protected finishRestore(): void {
    if (this.#restored === null) return;
    this.watermark = this.#restored.watermark ?? minWatermark;
    this.#restored = null;
    this.restored();
  }
}

/** A DOUBLE because it may be infinite. */
const watermarkSchema: StateTableFields = {
  table: watermarkTable,
  keyColumns: 0,
  fields: [{ name: 'watermark', type: types.of('double', false) }],
};

/** Of all former subtasks the least counts. */
function watermarkChunk(watermark: number): StateChunk {
  const column: Column = { layout: 'f64', values: Float64Array.of(watermark), nulls: null };
  return { ...watermarkSchema, batch: batchOf(1, [column]) };
}
