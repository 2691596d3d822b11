/** Records to rows: of the value alone, or of key and value together. Flink's DynamicKafkaDeserializationSchema. */
import type { RecordRun } from '../kafka/record-run.ts';
import { allocateColumn, type Column, gather, op, valueAt } from '../model/column.ts';
import type { DecodeFault, Decoder } from '../model/format.ts';
import type { SqlValue } from '../model/function.ts';
import type { StringPool } from '../model/string-pool.ts';
import type { DataType } from '../model/types.ts';
import { columnOfValues } from '../state/value-column.ts';

export interface RecordRows {
  /** Adds the rows of record `i` of the run: none, one or several. Not null: it adds none and says what is wrong. */
  decode(run: RecordRun, i: number): DecodeFault | null;
  readonly rows: number;
  /** As of a decoder (model/format.ts). */
  readonly pending: Promise<void> | null;
  /** The physical columns in the order of the scan, then the format's metadata. */
  take(): readonly Column[];
  /** Of the rows that `take` gave last. */
  readonly ops: Uint8Array | null;
}

export class ValueRows implements RecordRows {
  readonly #decoder: Decoder;

  constructor(decoder: Decoder) {
    this.#decoder = decoder;
  }

  decode(run: RecordRun, i: number): DecodeFault | null {
    return decodePart(this.#decoder, run.bytes, run.valueStarts[i]!, run.valueEnds[i]!);
  }

  get rows(): number {
    return this.#decoder.rows;
  }

  get pending(): Promise<void> | null {
    return this.#decoder.pending ?? null;
  }

  take(): readonly Column[] {
    return this.#decoder.take();
  }

  get ops(): Uint8Array | null {
    return this.#decoder.ops ?? null;
  }
}

function decodePart(decoder: Decoder, bytes: Uint8Array, start: number, end: number): DecodeFault | null {
  if (start >= 0) return decoder.decode(bytes, start, end);
  decoder.decodeNothing?.();
  return null;
}

/** Where a column comes from: its place among the key's columns, the value's, or both; then the value's counts where there is a value. */
export type RowColumn = Readonly<{ type: DataType; key: number | null; value: number | null }>;

export type KeyedParts = Readonly<{
  key: Decoder;
  value: Decoder;
  columns: readonly RowColumn[];
  /** A record without a value deletes the key's row. */
  upsert: boolean;
  pool: StringPool;
}>;

const none = -1;

/** A row for each row of the key and each of the value. A key that gives no row (there is none) leaves the record without rows. */
export class KeyedRows implements RecordRows {
  readonly #parts: KeyedParts;
  /** Of each row, its row in the key's columns and in the value's (`none`: deleted). */
  #keys: number[] = [];
  #values: number[] = [];
  #ops: Uint8Array | null = null;

  constructor(parts: KeyedParts) {
    this.#parts = parts;
  }

  get rows(): number {
    return this.#keys.length;
  }

  get pending(): Promise<void> | null {
    return this.#parts.key.pending ?? this.#parts.value.pending ?? null;
  }

  get ops(): Uint8Array | null {
    return this.#ops;
  }

  decode(run: RecordRun, i: number): DecodeFault | null {
    const { key, value, upsert } = this.#parts;
    if (this.#keys.length === 0) this.#discard();
    const firstKey = key.rows;
    const keyFault = decodePart(key, run.bytes, run.keyStarts[i]!, run.keyEnds[i]!);
    if (keyFault !== null) return { message: `key: ${keyFault.message}` };
    if (this.pending !== null) return null;
    if (upsert && run.valueStarts[i]! < 0) {
      this.#add(firstKey, none);
      return null;
    }
    const firstValue = value.rows;
    const fault = decodePart(value, run.bytes, run.valueStarts[i]!, run.valueEnds[i]!);
    if (fault !== null || this.pending !== null) return fault;
    for (let row = firstValue; row < value.rows; row++) this.#add(firstKey, row);
    return null;
  }

  /** Rows of records that gave none as a whole: as long as none does, nobody takes them. */
  #discard(): void {
    for (const decoder of [this.#parts.key, this.#parts.value]) if (decoder.rows > 0) decoder.take();
  }

  #add(firstKey: number, value: number): void {
    for (let key = firstKey; key < this.#parts.key.rows; key++) {
      this.#keys.push(key);
      this.#values.push(value);
    }
  }

  take(): readonly Column[] {
    const keys = Int32Array.from(this.#keys);
    const values = Int32Array.from(this.#values);
    this.#keys = [];
    this.#values = [];
    const { key, value, columns } = this.#parts;
    const [ofKey, ofValue] = [key.take(), value.take()];
    this.#ops = opsOf(values, value.ops ?? null);
    return columns.map((column) => {
      if (column.value === null) return picked(ofKey[column.key!]!, keys);
      if (column.key === null || !values.includes(none))
        return this.#pickedOrNull(ofValue[column.value]!, column, values);
      const [fromKey, fromValue] = [ofKey[column.key]!, ofValue[column.value]!];
      const merged = Array.from(values, (row, i) =>
        row === none ? valueAt(fromKey, column.type, keys[i]!) : valueAt(fromValue, column.type, row),
      );
      return columnOfValues(column.type, merged as SqlValue[]);
    });
  }

  #pickedOrNull(column: Column, { type }: RowColumn, rows: Int32Array): Column {
    if (!rows.includes(none)) return picked(column, rows);
    const nulls = Uint8Array.from(rows, (row) => (row === none ? 1 : 0));
    if (rows.every((row) => row === none)) return { ...allocateColumn(type, rows.length, this.#parts.pool), nulls };
    const some = rows.find((row) => row !== none)!;
    const found = picked(
      column,
      rows.map((row) => (row === none ? some : row)),
    );
    for (const [i, flag] of (found.nulls ?? []).entries()) if (i < nulls.length && flag === 1) nulls[i] = 1;
    return { ...found, nulls };
  }
}

function picked(column: Column, rows: Int32Array): Column {
  return rows.every((row, i) => row === i) ? column : gather(column, rows, rows.length);
}

function opsOf(values: Int32Array, ops: Uint8Array | null): Uint8Array | null {
  if (ops === null && !values.includes(none)) return null;
  return Uint8Array.from(values, (row) => (row === none ? op.delete : (ops?.[row] ?? op.insert)));
}
