/** Rows as Flink prints them (Row.toString over external values): `a, 1.5, null, 2020-01-31T12:34:56.789`. */

import { formatDouble, formatFloat } from '../formats/java-text.ts';
import { formatIsoTime } from '../formats/time-text.ts';
import { formatDate, formatTimestamp } from '../model/calendar.ts';
import { type ColumnBatch, valueAt } from '../model/column.ts';
import { type Decimal, formatDecimal } from '../model/decimal.ts';
import type { DataType, Field } from '../model/types.ts';

/** The text of a row's values, with a comma between. */
export function rowText(fields: readonly Field[]): (batch: ColumnBatch, row: number) => string {
  const texts = fields.map(({ type }) => ({ type, text: valueText(type) }));
  return (batch, row) => texts.map(({ type, text }, i) => text(valueAt(batch.columns[i]!, type, row))).join(', ');
}

type ValueText = (value: unknown) => string;

/** The text of a value; `null` for NULL. */
export function valueText(type: DataType): ValueText {
  const text = presentText(type);
  return (value) => (value === null || value === undefined ? 'null' : text(value));
}

function presentText(type: DataType): ValueText {
  switch (type.kind) {
    case 'float':
      return (value) => formatFloat(value as number);
    case 'double':
      return (value) => formatDouble(value as number);
    case 'decimal':
      return (value) => formatDecimal(value as Decimal, type.scale);
    case 'date':
      return (value) => formatDate(value as number);
    case 'time':
      return (value) => javaTime(value as number);
    case 'timestamp':
      return (value) => withoutZeroSeconds(javaDateTime(value as number | bigint, type.precision));
    case 'timestamp_ltz':
      return (value) => `${javaDateTime(value as number | bigint, type.precision)}Z`;
    case 'binary':
    case 'varbinary':
      return (value) => `[${Array.from(value as Uint8Array, (byte) => (byte << 24) >> 24).join(', ')}]`;
    case 'interval_months':
    case 'interval_millis':
      return String;
    default:
      return nestedText(type);
  }
}

function nestedText(type: DataType): ValueText {
  switch (type.kind) {
    case 'array': {
      const text = valueText(type.element);
      return (value) => `[${(value as unknown[]).map(text).join(', ')}]`;
    }
    case 'map':
      return mapText(valueText(type.key), valueText(type.value));
    case 'multiset':
      return mapText(valueText(type.element), String);
    case 'row': {
      const texts = type.fields.map((field) => valueText(field.type));
      return (value) => `+I[${texts.map((text, i) => text((value as unknown[])[i])).join(', ')}]`;
    }
    default:
      return String;
  }
}

function mapText(key: ValueText, value: ValueText): ValueText {
  return (map) => `{${Array.from(map as Map<unknown, unknown>, ([k, v]) => `${key(k)}=${value(v)}`).join(', ')}}`;
}

/** LocalTime.toString: no seconds where there are none; a fraction of three digits. */
function javaTime(ms: number): string {
  const fraction = ms % 1000;
  const text = formatIsoTime(ms - fraction);
  return fraction === 0 ? withoutZeroSeconds(text) : `${text}.${String(fraction).padStart(3, '0')}`;
}

/** Instant.toString without its Z: the fraction in groups of three digits. */
function javaDateTime(value: number | bigint, precision: number): string {
  const text = formatTimestamp(value, precision, { separator: 'T', fraction: 'trim' });
  const point = text.indexOf('.');
  return point < 0 ? text : text + '0'.repeat((3 - ((text.length - point - 1) % 3)) % 3);
}

/** LocalDateTime.toString leaves them out. */
function withoutZeroSeconds(text: string): string {
  return /:\d\d:00$/.test(text) ? text.slice(0, -3) : text;
}
