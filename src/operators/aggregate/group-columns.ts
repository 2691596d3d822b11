/**
 * Groups whose rows only come, in typed arrays: keys are looked up a batch at a time, accumulators changed row by row by generated code, and what
 * follows is written as columns. The state is written as that of groups in rows (group-aggregate.ts), so that either can go on from the
 * other's.
 */
import { batchOf, type Column, type ColumnBatch, gather, valueAt } from '../../model/column.ts';
import type { GroupAggregateSpec } from '../../model/job-graph.ts';
import type { OperatorSnapshot } from '../../model/operator.ts';
import type { StateChunk, StateTableFields } from '../../model/state.ts';
import { type DataType, type Field, layoutOf, types } from '../../model/types.ts';
import { allocateCells, type CellColumn, cellsToColumn, encodeStrings } from '../../state/cell-column.ts';
import { hashKeys } from '../../state/key-group.ts';
import { checkStateFields, type StateHandle } from '../../state/keyed-state.ts';
import { type FrozenPage, KeyedTable } from '../../state/keyed-table.ts';
import { pageMask, pageOf } from '../../state/table-page.ts';
import { isBytes } from '../codegen/fragment.ts';
import type { BoundAggregate } from './bound-aggregate.ts';
import { columnForm, isWide } from './column-reads.ts';
import { compileGroups, type GroupChanges, type GroupCode } from './group-code.ts';

/** Rows that are taken at once: each gives two at most. */
const rowsAtOnce = 2048;
const maxChanges = 2 * rowsAtOnce;
const maxVariants = 256; // forms of columns are few; beyond this they are compiled anew

/** The first cell: how many rows a group has. Nobody asks here, but groups in rows that go on from this state do. */
const rowCounter = { name: 'count', type: types.of('bigint', false), initial: 0 };

type Keys = Readonly<{ columns: readonly number[]; types: readonly DataType[] }>;

export class GroupColumns implements StateHandle {
  readonly schema: StateTableFields;
  readonly #keys: Keys;
  /** Their cells are behind the row counter. */
  readonly #aggregates: readonly BoundAggregate[];
  /** The columns that aggregates read. */
  readonly #read: readonly number[];
  readonly #table: KeyedTable;
  /** Of each aggregate: whether its integers are bigints, in every group. */
  readonly #wide: boolean[];
  readonly #compiled = new Map<string, GroupCode>();
  readonly #changes: GroupChanges;
  #targets: CellColumn[];
  #hashes = new Int32Array(0);
  #groups = new Int32Array(0);

  constructor(table: string, { keys, inputFields }: GroupAggregateSpec, aggregates: readonly BoundAggregate[]) {
    const keyFields = keys.map((key) => inputFields[key]!);
    const cells = [rowCounter, ...aggregates.flatMap(({ cells: own }) => own)];
    const fields = [...keyFields, ...cells.map(({ name, type }) => ({ name, type }))];
    this.schema = { table, keyColumns: keys.length, fields };
    this.#keys = { columns: keys, types: keyFields.map(({ type }) => type) };
    this.#aggregates = aggregates.map((aggregate) => ({ ...aggregate, firstCell: aggregate.firstCell + 1 }));
    this.#read = [...new Set(aggregates.flatMap(({ call }) => [...call.args, call.filter ?? []].flat()))];
    this.#table = new KeyedTable(this.#keys.types, cells);
    this.#wide = aggregates.map(() => false);
    this.#targets = aggregates.map((aggregate) => resultCells(aggregate, false));
    this.#changes = noChanges(this.#targets);
  }

  get name(): string {
    return this.schema.table;
  }

  /** Adds rows [from, to) of a batch, inserts all; `emit` is given the changes. */
  add(batch: ColumnBatch, from: number, to: number, emit: (changes: ColumnBatch) => void): void {
    const keys = this.#keys.columns.map((key) => batch.columns[key]!);
    if (this.#hashes.length < batch.length) {
      this.#hashes = new Int32Array(batch.length);
      this.#groups = new Int32Array(batch.length);
    }
    if (from === 0) hashKeys(keys, batch.length, this.#hashes);
    for (const [i, { call }] of this.#aggregates.entries()) {
      if (call.args.some((arg) => isWide(batch.columns[arg]!))) this.#widen(i);
    }
    for (let start = from; start < to; start += rowsAtOnce) {
      this.#addSome(batch, keys, start, Math.min(to, start + rowsAtOnce), emit);
    }
  }

  snapshot(): OperatorSnapshot {
    const { pages, release } = this.#table.snapshot();
    const { schema } = this;
    return {
      *chunks() {
        for (const page of pages) yield { ...schema, batch: pageBatch(schema, page) };
      },
      done: release,
    };
  }

  restore(chunk: StateChunk): void {
    checkStateFields(this.schema, chunk);
    const { batch, keyColumns, fields } = chunk;
    const { length } = batch;
    const keys = batch.columns.slice(0, keyColumns);
    const groups = new Int32Array(length);
    this.#table.upsert(keys, hashKeys(keys, length, new Int32Array(length)), 0, length, groups);
    this.#table.beforeWrite(groups, 0, length);
    const cells = batch.columns.slice(keyColumns);
    for (const [number, { firstCell, cells: own }] of this.#aggregates.entries()) {
      if (cells.slice(firstCell, firstCell + own.length).some(isWide)) this.#widen(number);
    }
    for (const [cell, column] of cells.entries()) {
      this.#restoreCells(cell, { column, type: fields[keyColumns + cell]!.type }, groups);
    }
  }

  bytes(): number {
    return this.#table.bytes();
  }

  #addSome(
    batch: ColumnBatch,
    keys: readonly Column[],
    from: number,
    to: number,
    emit: (changes: ColumnBatch) => void,
  ): void {
    const changes = this.#changes;
    const groups = this.#groups;
    changes.nextGroup = this.#table.size;
    this.#table.upsert(keys, this.#hashes, from, to, groups);
    this.#table.beforeWrite(groups, from, to);
    for (let at = from; at < to; ) {
      changes.inexact = -1;
      at = this.#codeFor(batch)(this.#table.pages, groups, batch.columns, at, to, changes);
      if (changes.length > 0) emit(this.#batchOfChanges(keys));
      if (changes.inexact >= 0) this.#widen(changes.inexact);
    }
  }

  #codeFor({ columns }: ColumnBatch): GroupCode {
    const form = `${this.#wide.join()}:${this.#read.map((column) => columnForm(columns[column]!)).join()}`;
    let code = this.#compiled.get(form);
    if (code === undefined) {
      if (this.#compiled.size >= maxVariants) this.#compiled.clear();
      code = compileGroups(this.#aggregates, columns, this.#wide);
      this.#compiled.set(form, code);
    }
    return code;
  }

  /** What was written; begins anew. */
  #batchOfChanges(keys: readonly Column[]): ColumnBatch {
    const { length, hasUpdates, ops, rows, hasNulls } = this.#changes;
    const results = this.#targets.map((target, i): Column => {
      if (target.layout === 'object') return encodeStrings(target.values, length);
      return { ...target, nulls: hasNulls[i] === 1 ? target.nulls : null };
    });
    const columns = [...this.#keysOf(keys, rows, length), ...results];
    this.#changes.length = 0;
    this.#changes.hasUpdates = false;
    hasNulls.fill(0);
    return { length, columns, ops: hasUpdates ? ops : null, watermarks: null };
  }

  /** A group of doubles goes out as it came first: 0 and −0 are one. */
  #keysOf(keys: readonly Column[], rows: Int32Array, length: number): Column[] {
    if (keys.every(({ layout }) => layout !== 'f64')) return keys.map((column) => gather(column, rows, length));
    const groups = this.#groups;
    return this.#table.gatherKeys(
      rows.subarray(0, length).map((row) => groups[row]!),
      length,
    );
  }

  #widen(number: number): void {
    if (this.#wide[number]) return;
    this.#wide[number] = true;
    const aggregate = this.#aggregates[number]!;
    for (const [i, { type }] of aggregate.cells.entries()) {
      if (layoutOf(type) === 'int') this.#table.widen(aggregate.firstCell + i);
    }
    const target = resultCells(aggregate, true);
    this.#targets = this.#targets.with(number, target);
    this.#changes.values[number] = target.values;
    this.#changes.nulls[number] = target.nulls;
  }

  #restoreCells(
    cell: number,
    { column, type }: Readonly<{ column: Column; type: DataType }>,
    groups: Int32Array,
  ): void {
    for (const [i, group] of groups.entries()) {
      const target = this.#table.pages[pageOf(group)]!.cells[cell]!;
      writeCell(target, group & pageMask, valueAt(column, type, i));
    }
  }
}

/** Whether groups can lie in typed arrays: rows only come and stay, and neither keys nor accumulators are nested or sets of values. */
export function fitColumns(
  { keys, inputFields, inputChanges, stateTtlMs }: GroupAggregateSpec,
  aggregates: readonly BoundAggregate[],
): boolean {
  if (inputChanges.update || inputChanges.delete || stateTtlMs !== null) return false;
  const isFlat = ({ type }: Pick<Field, 'type'>): boolean => layoutOf(type) !== 'object';
  const isPlain = ({ type }: Pick<Field, 'type'>): boolean => layoutOf(type) !== 'object' && !isBytes(type);
  return (
    keys.every((key) => isFlat(inputFields[key]!)) &&
    aggregates.every(({ call, cells }) => !call.distinct && isPlain(call) && cells.every(isPlain))
  );
}

function resultCells({ call: { type } }: BoundAggregate, wide: boolean): CellColumn {
  return allocateCells({ type, initial: 0 }, maxChanges, wide);
}

function noChanges(targets: readonly CellColumn[]): GroupChanges {
  return {
    length: 0,
    hasUpdates: false,
    ops: new Uint8Array(maxChanges),
    rows: new Int32Array(maxChanges),
    values: targets.map(({ values }) => values),
    nulls: targets.map(({ nulls }) => nulls),
    hasNulls: new Uint8Array(targets.length),
    nextGroup: 0,
    inexact: -1,
  };
}

function pageBatch({ fields, keyColumns }: StateTableFields, { length, keys, cells }: FrozenPage): ColumnBatch {
  const columns = cells.map((cell, i) => cellsToColumn(fields[keyColumns + i]!.type, cell, length));
  return batchOf(length, [...keys, ...columns]);
}

function writeCell(target: CellColumn, at: number, value: unknown): void {
  if (target.nulls !== null) target.nulls[at] = value === null ? 1 : 0;
  if (target.layout === 'object') target.values[at] = value;
  else if (value === null) target.values[at] = (target.layout === 'int' && target.wide ? 0n : 0) as never;
  else if (target.layout === 'int')
    target.values[at] = (target.wide ? BigInt(value as number) : Number(value)) as never;
  else target.values[at] = Number(value);
}
