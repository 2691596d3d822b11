/** SQL values as JSON, for JSON_STRING, JSON_OBJECT and JSON_ARRAY. */
import { formatTimestamp } from '../model/calendar.ts';
import { formatDecimal } from '../model/decimal.ts';
import type { Argument, SessionContext, SqlValue } from '../model/function.ts';
import { type DataType, isCharacter } from '../model/types.ts';
import { formatDouble } from './java-number.ts';
import { bigDecimalText, quoteJson } from './json-document.ts';
import { mismatch } from './signature.ts';

type Write = (value: never) => string;

/** Throws EngineError SQL_VALIDATION for a type that has no JSON in Flink. */
export function checkJsonType(usage: string, type: DataType, args: readonly Argument[]): void {
  switch (type.kind) {
    case 'date':
    case 'time':
    case 'interval_millis':
    case 'interval_months':
      throw mismatch(usage, args, 'Cast the value to STRING.');
    case 'array':
      checkJsonType(usage, type.element, args);
      return;
    case 'multiset':
    case 'map': {
      const key = type.kind === 'map' ? type.key : type.element;
      if (!isCharacter(key)) throw mismatch(usage, args, 'Keys of JSON objects are strings.');
      if (type.kind === 'map') checkJsonType(usage, type.value, args);
      return;
    }
    case 'row':
      for (const field of type.fields) checkJsonType(usage, field.type, args);
      return;
    default:
  }
}

/** For values that are not NULL. */
export function jsonWriter(type: DataType, session: SessionContext): Write {
  switch (type.kind) {
    case 'char':
    case 'varchar':
      return quoteJson;
    case 'float':
    case 'double':
      return numberText;
    case 'decimal':
      return (value: number | bigint) => bigDecimalText(formatDecimal(value, type.scale));
    case 'timestamp':
      return (value: number | bigint) => `"${formatTimestamp(value, type.precision, isoForm)}"`;
    case 'timestamp_ltz':
      return (value: number | bigint) => `"${formatTimestamp(value, type.precision, isoForm)}Z"`;
    case 'binary':
    case 'varbinary':
      return (value: Uint8Array) => `"${btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(''))}"`;
    case 'array': {
      const element = nullable(type.element, session);
      return (value: readonly SqlValue[]) => `[${value.map(element).join(',')}]`;
    }
    case 'map': {
      const item = nullable(type.value, session);
      return (value: ReadonlyMap<string, SqlValue>) =>
        objectText(Array.from(value, ([key, each]) => [key, item(each)]));
    }
    case 'multiset':
      return (value: ReadonlyMap<string, number>) =>
        objectText(Array.from(value, ([key, count]) => [key, String(count)]));
    case 'row': {
      const fields = type.fields.map((field) => ({ name: field.name, write: nullable(field.type, session) }));
      return (value: readonly SqlValue[]) =>
        objectText(fields.map(({ name, write }, i) => [name, write(value[i] ?? null)]));
    }
    default:
      return (value: unknown) => String(value);
  }
}

function nullable(type: DataType, session: SessionContext): (value: SqlValue) => string {
  const write = jsonWriter(type, session);
  return (value) => (value === null ? 'null' : write(value as never));
}

/** Keys in the order of their UTF-16 units, as everywhere in these texts. */
function objectText(entries: readonly (readonly [string | null, string])[]): string {
  const named = entries.map(([key, text]) => [key ?? 'null', text] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${named.map(([key, text]) => `${quoteJson(key)}:${text}`).join(',')}}`;
}

/** Of the double, as BigDecimal prints it: zero has no sign. JSON has no NaN and no infinities: Jackson writes them as strings. */
function numberText(value: number): string {
  return Number.isFinite(value) ? bigDecimalText(formatDouble(value)) : `"${value}"`;
}

/** No zeros at the end of a fraction. */
const isoForm = { separator: 'T', fraction: 'trim' } as const;
