/** Rows as CSV records, quoted as Jackson's CSV generator does (CsvRowDataSerializationSchema). No line end. */
import { formatDate, formatTimestamp } from '../model/calendar.ts';
import { type ColumnBatch, valueAt } from '../model/column.ts';
import { type Decimal, formatDecimal } from '../model/decimal.ts';
import type { Encoder, EncoderContext } from '../model/format.ts';
import type { DataType } from '../model/types.ts';
import { ByteWriter } from './byte-writer.ts';
import { type CsvRules, csvRules } from './csv-options.ts';
import { formatBigDecimal, formatDouble, formatFloat } from './java-text.ts';
import { unsupportedType } from './text-convert.ts';
import { formatIsoTime } from './time-text.ts';

export function createCsvEncoder(ctx: EncoderContext): Encoder {
  const rules = csvRules(ctx.options);
  const fields = ctx.fields.map(({ type }) => ({ type, text: fieldText(type, rules) }));
  const nullText = rules.nullLiteral ?? '';
  const out = new ByteWriter();
  return {
    encode(batch: ColumnBatch, row: number): Uint8Array {
      out.clear();
      for (const [i, { type, text }] of fields.entries()) {
        if (i > 0) out.byte(rules.delimiter);
        const value = valueAt(batch.columns[i]!, type, row);
        out.text(value === null ? nullText : text(value));
      }
      return out.view();
    },
  };
}

type FieldText = (value: unknown) => string;

function fieldText(type: DataType, rules: CsvRules): FieldText {
  const text = scalarText(type, rules);
  if (text !== null) return isText(type) ? (value) => quoted(text(value), rules) : text;
  if (type.kind === 'array') {
    const part = partText(type.element, rules);
    return (value) => quoted((value as unknown[]).map(part).join(rules.elementDelimiter), rules);
  }
  if (type.kind === 'row') {
    const parts = type.fields.map((field) => partText(field.type, rules));
    return (value) => quoted(parts.map((part, i) => part((value as unknown[])[i])).join(rules.elementDelimiter), rules);
  }
  throw unsupportedType('csv', type);
}

function partText(type: DataType, rules: CsvRules): FieldText {
  const text = scalarText(type, rules);
  if (text === null) throw unsupportedType('csv', type);
  return (value) => (value === null || value === undefined ? (rules.nullLiteral ?? '') : text(value));
}

/** What Jackson sees as a text node; numbers and booleans are never quoted. */
function isText(type: DataType): boolean {
  return !['boolean', 'tinyint', 'smallint', 'int', 'bigint', 'float', 'double', 'decimal'].includes(type.kind);
}

function scalarText(type: DataType, rules: CsvRules): FieldText | null {
  switch (type.kind) {
    case 'char':
    case 'varchar':
      return (value) => value as string;
    case 'binary':
    case 'varbinary':
      return (value) => Buffer.from(value as Uint8Array).toString('base64');
    case 'float':
      return (value) => formatFloat(value as number);
    case 'double':
      return (value) => formatDouble(value as number);
    case 'decimal':
      return (value) => decimalText(value as Decimal, type.scale, rules.scientificDecimals);
    case 'date':
      return (value) => formatDate(value as number);
    case 'time':
      return (value) => formatIsoTime(value as number);
    case 'timestamp':
    case 'timestamp_ltz': {
      const form = { separator: ' ', fraction: 'trim', suffix: type.kind === 'timestamp_ltz' ? 'Z' : '' } as const;
      return (value) => formatTimestamp(value as number | bigint, type.precision, form);
    }
    case 'array':
    case 'map':
    case 'multiset':
    case 'row':
      return null;
    default:
      return String;
  }
}

function decimalText(value: Decimal, scale: number, scientific: boolean): string {
  const plain = formatDecimal(value, scale);
  return scientific ? formatBigDecimal(plain, value, scale) : plain;
}

const longestUnquoted = 24; // Jackson looks no further and quotes

/** Jackson's loose check: any character up to the larger of delimiter and quote brings quotes. */
function quoted(text: string, rules: CsvRules): string {
  if (rules.quote < 0) return text;
  if (
    text.length <= longestUnquoted &&
    !hasCharacterUpTo(text, Math.max(rules.delimiter, rules.quote), rules.escapeCode)
  ) {
    return text;
  }
  const quote = String.fromCharCode(rules.quote);
  if (rules.escapeCode < 0) return quote + text.replaceAll(quote, quote + quote) + quote;
  const escaper = String.fromCharCode(rules.escapeCode);
  return quote + text.replaceAll(escaper, escaper + escaper).replaceAll(quote, escaper + quote) + quote;
}

function hasCharacterUpTo(text: string, limit: number, escapeCode: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= limit || code === escapeCode) return true;
  }
  return false;
}
