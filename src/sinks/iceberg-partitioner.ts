/** Sorts the rows of a batch by partition. */
import type { PartitionValues } from '../iceberg/partition-spec.ts';
import type { Column, ColumnBatch } from '../model/column.ts';
import type { IcebergColumn, IcebergPartitionField } from './iceberg-config.ts';
import { PartitionKeys } from './iceberg-partition-keys.ts';

/** Rows `rows[from, to)` of the batch belong to partition `partition`. */
export type RowRange = Readonly<{ partition: number; rows: Int32Array; from: number; to: number }>;

export class Partitioner {
  readonly #levels: readonly Level[];
  #assigned = new Int32Array(0);
  #everyRow = new Int32Array(0);

  constructor(fields: readonly IcebergPartitionField[], columns: readonly IcebergColumn[]) {
    this.#levels = fields.map((field) => new Level(field, columns));
  }

  /** Numbers of partitions are kept until `clear`. */
  valuesOf(partition: number): PartitionValues {
    return this.#levels.at(-1)?.partitions[partition] ?? [];
  }

  /** When no file is open: nothing is remembered for longer than a checkpoint. */
  clear(): void {
    for (const level of this.#levels) level.clear();
  }

  /** Ranges are borrowed until the next call. */
  split(batch: ColumnBatch): RowRange[] {
    if (this.#everyRow.length < batch.length) {
      this.#everyRow = Int32Array.from({ length: batch.length }, (_, row) => row);
      this.#assigned = new Int32Array(batch.length);
    }
    const last = this.#levels.at(-1);
    if (last === undefined) return [{ partition: 0, rows: this.#everyRow, from: 0, to: batch.length }];
    this.#assigned.fill(0, 0, batch.length);
    let before: readonly PartitionValues[] = [[]];
    for (const level of this.#levels) {
      level.assign(batch.columns[level.column]!, batch.length, this.#assigned, before);
      before = level.partitions;
    }
    return sortRows(this.#assigned, batch.length, last.partitions.length);
  }
}

/** One field of the spec: turns the number of the fields before it, together with its own value, into a number. */
class Level {
  readonly column: number;
  readonly #keys: PartitionKeys;
  #numbers = new Map<number, number>();
  partitions: PartitionValues[] = [];

  constructor({ column, field }: IcebergPartitionField, columns: readonly IcebergColumn[]) {
    this.column = column;
    this.#keys = new PartitionKeys(columns[column]!.source, field);
  }

  clear(): void {
    this.#numbers = new Map();
    this.partitions = [];
    this.#keys.clear();
  }

  assign(column: Column, length: number, assigned: Int32Array, before: readonly PartitionValues[]): void {
    this.#keys.begin(column);
    for (let row = 0; row < length; row++) {
      const prefix = assigned[row]!;
      const code = this.#keys.codeOf(column, row);
      const pair = prefix * twoTo32 + code;
      assigned[row] = this.#numbers.get(pair) ?? this.#add(pair, [...before[prefix]!, this.#keys.valueOf(code)]);
    }
  }

  #add(pair: number, values: PartitionValues): number {
    this.#numbers.set(pair, this.partitions.length);
    return this.partitions.push(values) - 1;
  }
}

const twoTo32 = 4294967296; // numbers of partitions between two checkpoints stay far below 2^21

/** A counting sort of row numbers by partition. */
function sortRows(assigned: Int32Array, length: number, partitionCount: number): RowRange[] {
  const starts = new Int32Array(partitionCount + 1);
  for (let row = 0; row < length; row++) starts[assigned[row]! + 1]!++;
  for (let i = 1; i <= partitionCount; i++) starts[i]! += starts[i - 1]!;
  const rows = new Int32Array(length);
  const next = starts.slice();
  for (let row = 0; row < length; row++) rows[next[assigned[row]!]!++] = row;
  const ranges: RowRange[] = [];
  for (let partition = 0; partition < partitionCount; partition++) {
    const [from, to] = [starts[partition]!, starts[partition + 1]!];
    if (to > from) ranges.push({ partition, rows, from, to });
  }
  return ranges;
}
