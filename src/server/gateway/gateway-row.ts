/** Rows in the two forms of Flink's SQL Gateway: values in JSON, or all of them as texts (`rowFormat=PLAIN_TEXT`). */
import { formatDouble, formatFloat } from '../../formats/java-text.ts';
import { formatTimestamp, joinTimestamp, parseTimestamp, splitTimestamp } from '../../model/calendar.ts';
import { formatDecimal, parseDecimal } from '../../model/decimal.ts';
import { timeZone as zoneOf } from '../../model/time-zone.ts';
import type { DataType, Field } from '../../model/types.ts';

export const rowFormats = ['JSON', 'PLAIN_TEXT'] as const;
export type RowFormat = (typeof rowFormats)[number];

export type GatewayRow = Readonly<{ kind: string; fields: readonly unknown[] }>;

type RawNumber = Readonly<{ rawJSON: string }>;
type Exactly = (key: string, value: unknown, context: Readonly<{ source?: string }>) => unknown;

// ECMAScript's "JSON.parse source text access", which the TypeScript library does not declare yet.
const parse = JSON.parse as (text: string, revive: Exactly) => unknown;
const { rawJSON } = JSON as unknown as Readonly<{ rawJSON: (text: string) => RawNumber }>;

/** A number that a double would not give back as it was stays its text. */
const exactly: Exactly = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value;

function numberText(value: unknown): string {
  return typeof value === 'object' ? (value as RawNumber).rawJSON : String(value);
}

const kinds: Readonly<Record<string, string>> = {
  '+I': 'INSERT',
  '-U': 'UPDATE_BEFORE',
  '+U': 'UPDATE_AFTER',
  '-D': 'DELETE',
};

/** A line of a query's changelog, `{"op":"+I","row":{…}}`; its numbers keep every digit. */
export function rowOfLine(line: string, fields: readonly Field[]): GatewayRow {
  const { op, row } = parse(line, exactly) as { op: string; row: Readonly<Record<string, unknown>> };
  return { kind: kinds[op]!, fields: fields.map(({ name }) => row[name] ?? null) };
}

/** Of SHOW, DESCRIBE, EXPLAIN and what has no rows of its own. */
export function plainRow(values: readonly unknown[]): GatewayRow {
  return { kind: 'INSERT', fields: values };
}

/** `timeZone`: of the session, for texts of TIMESTAMP_LTZ. */
export function inFormat(row: GatewayRow, fields: readonly Field[], format: RowFormat, timeZone: string): GatewayRow {
  if (format === 'JSON') return row;
  return { ...row, fields: row.fields.map((value, i) => textOf(value, fields[i]!.type, timeZone)) };
}

/** As CAST to STRING; null stays null. */
function textOf(value: unknown, type: DataType, timeZone: string): string | null {
  if (value === null || value === undefined) return null;
  const inner = (item: unknown, of: DataType): string => textOf(item, of, timeZone) ?? 'NULL';
  switch (type.kind) {
    case 'boolean':
      return value === true ? 'TRUE' : 'FALSE';
    case 'double':
      return formatDouble(Number(numberText(value)));
    case 'float':
      return formatFloat(Number(numberText(value)));
    case 'decimal':
      return decimalText(numberText(value), type.precision, type.scale);
    case 'bigint':
      return numberText(value);
    case 'timestamp':
      return wallTime(String(value), type.precision, null);
    case 'timestamp_ltz':
      return wallTime(String(value), type.precision, timeZone);
    case 'array':
      return `[${(value as readonly unknown[]).map((item) => inner(item, type.element)).join(', ')}]`;
    case 'map':
    case 'multiset': {
      const of = type.kind === 'map' ? type.value : ({ kind: 'int', nullable: false } as const);
      return `{${Object.entries(value as object)
        .map(([key, item]) => `${key}=${inner(item, of)}`)
        .join(', ')}}`;
    }
    case 'row': {
      const row = value as Readonly<Record<string, unknown>>;
      return `(${type.fields.map((field) => inner(row[field.name], field.type)).join(', ')})`;
    }
    default:
      return String(value);
  }
}

function decimalText(text: string, precision: number, scale: number): string {
  const value = parseDecimal(text, precision, scale);
  return value === null ? text : formatDecimal(value, scale);
}

/** `2020-01-31T12:34:56.7` as `2020-01-31 12:34:56.700`; an instant (`…Z`) in the wall time of `zone`. */
function wallTime(text: string, precision: number, zone: string | null): string {
  const value = parseTimestamp(text, precision, { separator: 'T', suffix: zone === null ? '' : 'Z' });
  if (value === null) return text;
  if (zone === null) return formatTimestamp(value, precision);
  const { ms, nanos } = splitTimestamp(value, precision);
  return formatTimestamp(joinTimestamp(zoneOf(zone).toLocal(ms), nanos, precision), precision);
}
