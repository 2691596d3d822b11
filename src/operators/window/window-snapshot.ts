/**
 * The state of the global half as chunks. Table `window-slices`: keys, slice end and cells (fields.ts), a row for each key and slice.
 * Table `window-watermark`: the subtask's watermark, a DOUBLE because it may be infinite; after a restore the least one counts, so that
 * what was late before still is.
 */
import { batchOf, type Column } from '../../model/column.ts';
import { EngineError } from '../../model/errors.ts';
import type { GlobalWindowAggregateSpec } from '../../model/job-graph.ts';
import type { OperatorSnapshot } from '../../model/operator.ts';
import type { StateChunk, StateTableFields } from '../../model/state.ts';
import { type Field, formatType, types } from '../../model/types.ts';
import { cellsToColumn } from '../../state/cell-column.ts';
import type { FrozenPage, TableSnapshot } from '../../state/keyed-table.ts';
import type { AccumulatorTable } from '../aggregate/accumulator-table.ts';

export const sliceTable = 'window-slices';
const watermarkTable = 'window-watermark';

export const watermarkSchema: StateTableFields = {
  table: watermarkTable,
  keyColumns: 0,
  fields: [{ name: 'watermark', type: types.of('double', false) }],
};

export function sliceSchema({ inputFields, keyCount }: GlobalWindowAggregateSpec): StateTableFields {
  return { table: sliceTable, keyColumns: keyCount, fields: inputFields.slice(0, -1) };
}

/** Takes references now and makes chunks as they are asked for. */
export function snapshotWindows(
  spec: GlobalWindowAggregateSpec,
  tables: ReadonlyMap<number, AccumulatorTable>,
  watermark: number,
): OperatorSnapshot {
  const schema = sliceSchema(spec);
  const frozen = Array.from(tables, ([end, table]): [number, TableSnapshot] => [end, table.snapshot()]);
  return {
    *chunks() {
      yield watermarkChunk(watermark);
      for (const [end, { pages }] of frozen) {
        for (const page of pages) yield sliceChunk(schema, end, page);
      }
    },
    done() {
      for (const [, snapshot] of frozen) snapshot.release();
    },
  };
}

/** Fails with CHECKPOINT where the chunk is of a query with other keys or aggregates. */
export function checkSliceChunk(spec: GlobalWindowAggregateSpec, { fields }: StateChunk): void {
  const { keyColumns: keyCount, fields: expected } = sliceSchema(spec);
  const text = (list: readonly Field[]): string =>
    list.map(({ name, type }, i) => (i < keyCount ? formatType(type) : `${name} ${formatType(type)}`)).join(', ');
  if (text(expected) === text(fields)) return;
  throw new EngineError(
    'CHECKPOINT',
    `state of a window aggregation: expected rows of (${text(expected)}), found (${text(fields)})`,
    { hint: 'Keys or aggregates of the query have changed: start with --restore none.' },
  );
}

export function restoredWatermark(chunk: StateChunk): number {
  const [column] = chunk.batch.columns;
  if (chunk.table !== watermarkTable || column?.layout !== 'f64') {
    throw new EngineError(
      'CHECKPOINT',
      `state of a window aggregation: expected the tables ${sliceTable} and ${watermarkTable}, found ${chunk.table}`,
      { hint: 'The checkpoint belongs to another query: start with --restore none.' },
    );
  }
  return Math.min(...column.values.subarray(0, chunk.batch.length));
}

export function watermarkChunk(watermark: number): StateChunk {
  const column: Column = { layout: 'f64', values: Float64Array.of(watermark), nulls: null };
  return { ...watermarkSchema, batch: batchOf(1, [column]) };
}

function sliceChunk(schema: StateTableFields, end: number, page: FrozenPage): StateChunk {
  const { length, keys, cells } = page;
  const { keyColumns, fields } = schema;
  const ends: Column = { layout: 'int', wide: false, values: new Float64Array(length).fill(end), nulls: null };
  const columns = cells.map((cell, i) => cellsToColumn(fields[keyColumns + 1 + i]!.type, cell, length));
  return { ...schema, batch: batchOf(length, [...keys, ends, ...columns]) };
}
