/**
 * The values of one partition field as small codes. A transform is computed once a distinct value and remembered; what repeats (strings as
 * codes, timestamps within one hour) is looked up by an integer.
 */
import type { PartitionField } from '../iceberg/partition-spec.ts';
import type { SingleValue } from '../iceberg/single-value.ts';
import { applyTransform } from '../iceberg/transform.ts';
import { bytesAt, type Column, stringAt } from '../model/column.ts';
import type { StringPool } from '../model/string-pool.ts';
import { type DataType, unitsPerMillisecond } from '../model/types.ts';

const maxRemembered = 65_536; // at the bound the memory starts anew
const msPerHour = 3_600_000;

type Key = number | bigint | string;

export class PartitionKeys {
  readonly #source: DataType;
  readonly #field: PartitionField;
  /** Narrow timestamps of time transforms are looked up by their hour. */
  readonly #hour: number;
  readonly #microsPerUnit: bigint;
  readonly #remembered = new Map<Key, number>();
  readonly #codes = new Map<string, number>();
  readonly #values: (SingleValue | null)[] = [];
  #pool: StringPool | null = null;
  #generation = -1;

  constructor(source: DataType, field: PartitionField) {
    this.#source = source;
    this.#field = field;
    const isTimestamp = source.kind === 'timestamp' || source.kind === 'timestamp_ltz';
    const units = isTimestamp ? unitsPerMillisecond(source.precision) : 1;
    this.#hour = isTimestamp && ['year', 'month', 'day', 'hour'].includes(field.transform.kind) ? units * msPerHour : 0;
    this.#microsPerUnit = isTimestamp || source.kind === 'time' ? 1000n / BigInt(units) : 1n;
  }

  clear(): void {
    this.#remembered.clear();
    this.#codes.clear();
    this.#values.length = 0;
  }

  valueOf(code: number): SingleValue | null {
    return this.#values[code]!;
  }

  /** Before the rows of a batch: codes of an emptied or another pool mean nothing. */
  begin(column: Column): void {
    if (column.layout !== 'string') return;
    const pool = column.encoding === 'codes' ? column.pool : null;
    const generation = pool?.generation ?? -1;
    if (pool !== this.#pool || generation !== this.#generation || pool === null) this.#remembered.clear();
    this.#pool = pool;
    this.#generation = generation;
  }

  codeOf(column: Column, row: number): number {
    if (column.nulls !== null && column.nulls[row] === 1) return this.#intern(null);
    const key = this.#keyOf(column, row);
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
    const { transform, sourceType } = this.#field;
    const code = this.#intern(applyTransform(transform, sourceType, this.#valueAt(column, row)));
    this.#remembered.set(key, code);
    return code;
  }

  #keyOf(column: Column, row: number): Key {
    if (column.layout === 'string') {
      if (column.encoding === 'codes') return column.values[row]!;
      return Buffer.from(bytesAt(column, row)).toString('latin1');
    }
    const value = column.values[row] as number | bigint;
    return this.#hour > 0 && typeof value === 'number' ? Math.floor(value / this.#hour) : value;
  }

  /** In the form of single-value.ts. */
  #valueAt(column: Column, row: number): SingleValue {
    if (column.layout === 'string') {
      const isText = this.#source.kind === 'char' || this.#source.kind === 'varchar';
      return isText ? stringAt(column, row) : bytesAt(column, row).slice();
    }
    const value = column.values[row] as number | bigint;
    switch (this.#field.sourceType.kind) {
      case 'boolean':
        return value === 1;
      case 'long':
      case 'decimal':
        return BigInt(value);
      case 'time':
      case 'timestamp':
      case 'timestamptz':
        return BigInt(value) * this.#microsPerUnit;
      case 'float':
        return Math.fround(value as number);
      default:
        return value as number;
    }
  }

  #intern(value: SingleValue | null): number {
    const text =
      value === null ? 'null' : value instanceof Uint8Array ? Buffer.from(value).toString('hex') : textOf(value);
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const code = this.#values.push(value) - 1;
    this.#codes.set(text, code);
    return code;
  }
}

/** Apart from `null`, and −0 from 0. */
function textOf(value: boolean | number | bigint | string): string {
  return `=${Object.is(value, -0) ? '-0' : value}`;
}
