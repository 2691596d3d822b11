/** Rows as JSON records, with Flink's texts (RowDataToJsonConverters) and Jackson's of numbers and strings. */
import { bytesAt, type Column, type ColumnBatch, valueAt } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import type { Encoder, EncoderContext } from '../model/format.ts';
import type { Options } from '../model/options.ts';
import type { DataType, Field } from '../model/types.ts';
import { types } from '../model/types.ts';
import { ByteWriter } from './byte-writer.ts';
import { requireTextKey } from './json-convert.ts';
import { quoteJson } from './json-text.ts';
import { scalarJson, type TextRules } from './scalar-json.ts';
import { TimestampWriter } from './timestamp-writer.ts';

export function createJsonEncoder(ctx: EncoderContext): Encoder {
  const rules = writeRules(ctx.options);
  const fields = ctx.fields.map((field) => columnEncoder(field, rules));
  const out = new ByteWriter();
  return {
    encode(batch: ColumnBatch, row: number): Uint8Array {
      out.clear();
      out.byte(openBrace);
      for (let i = 0; i < fields.length; i++) fields[i]!(out, batch.columns[i]!, row);
      out.byte(closeBrace);
      return out.view();
    },
  };
}

type WriteRules = TextRules &
  Readonly<{ ignoreNullFields: boolean; nullKeyMode: 'FAIL' | 'DROP' | 'LITERAL'; nullKeyLiteral: string }>;

function writeRules(options: Options): WriteRules {
  return {
    timestampStandard: options.string('timestamp-format.standard') as TextRules['timestampStandard'],
    plainDecimals: options.boolean('encode.decimal-as-plain-number'),
    ignoreNullFields: options.boolean('encode.ignore-null-fields'),
    nullKeyMode: options.string('map-null-key.mode') as WriteRules['nullKeyMode'],
    nullKeyLiteral: options.string('map-null-key.literal'),
  };
}

const encoder = new TextEncoder();
const openBrace = 123;
const closeBrace = 125;
const comma = 44;
const quote = 34;
const backslash = 92;

/** Writes `"name":value` with a comma before where one is due. */
type ColumnEncoder = (out: ByteWriter, column: Column, row: number) => void;

function columnEncoder(field: Field, rules: WriteRules): ColumnEncoder {
  const name = encoder.encode(`${quoteJson(field.name)}:`);
  const write = valueEncoder(field.type, rules);
  return (out, column, row) => {
    const isNull = column.nulls !== null && column.nulls[row] === 1;
    if (isNull && rules.ignoreNullFields) return;
    if (out.length > 1) out.byte(comma);
    out.bytes(name);
    if (isNull) out.text('null');
    else write(out, column, row);
  };
}

function valueEncoder(type: DataType, rules: WriteRules): ColumnEncoder {
  switch (type.kind) {
    case 'char':
    case 'varchar':
      return writeString;
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return writeInteger;
    case 'timestamp':
    case 'timestamp_ltz':
      return timestampEncoder(type.precision, type.kind === 'timestamp_ltz', rules);
    default: {
      const text = valueText(type, rules);
      return (out, column, row) => out.text(text(valueAt(column, type, row)));
    }
  }
}

function writeInteger(out: ByteWriter, column: Column, row: number): void {
  if (column.layout === 'i32' || (column.layout === 'int' && !column.wide)) out.integer(column.values[row]!);
  else if (column.layout === 'int') out.text(String(column.values[row]));
}

function timestampEncoder(precision: number, isZulu: boolean, rules: WriteRules): ColumnEncoder {
  const separator = rules.timestampStandard === 'SQL' ? ' ' : 'T';
  const writer = new TimestampWriter(precision, separator, isZulu ? 'Z' : '');
  return (out, column, row) => {
    if (column.layout !== 'int') return;
    out.byte(quote);
    writer.write(out, column.values[row]!);
    out.byte(quote);
  };
}

/** UTF-8 as it lies there, where nothing of it has to be escaped. */
function writeString(out: ByteWriter, column: Column, row: number): void {
  if (column.layout !== 'string') throw new EngineError('INTERNAL', `a string column of layout ${column.layout}`);
  const bytes = bytesAt(column, row);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 32 || byte === quote || byte === backslash) {
      out.text(quoteJson(valueAt(column, types.string(), row) as string));
      return;
    }
  }
  out.byte(quote);
  out.bytes(bytes);
  out.byte(quote);
}

type ValueText = (value: unknown) => string;

/** The JSON text of a value as `valueAt` gives it; null is `null`. */
function valueText(type: DataType, rules: WriteRules): ValueText {
  const text = presentText(type, rules);
  return (value) => (value === null || value === undefined ? 'null' : text(value));
}

function presentText(type: DataType, rules: WriteRules): ValueText {
  switch (type.kind) {
    case 'array': {
      const element = valueText(type.element, rules);
      return (value) => `[${(value as unknown[]).map(element).join(',')}]`;
    }
    case 'map':
      return mapText(type, type.key, type.value, rules);
    case 'multiset':
      return mapText(type, type.element, types.of('int', false), rules);
    case 'row':
      return rowText(type.fields, rules);
    default:
      return scalarJson(type, rules);
  }
}

function mapText(type: DataType, keyType: DataType, valueType: DataType, rules: WriteRules): ValueText {
  requireTextKey(type, keyType);
  const text = valueText(valueType, rules);
  return (map) => {
    const entries: string[] = [];
    for (const [key, value] of map as Map<string | null, unknown>) {
      if (key !== null) entries.push(`${quoteJson(key)}:${text(value)}`);
      else if (rules.nullKeyMode === 'LITERAL') entries.push(`${quoteJson(rules.nullKeyLiteral)}:${text(value)}`);
      else if (rules.nullKeyMode === 'FAIL') throw nullKey();
    }
    return `{${entries.join(',')}}`;
  };
}

function nullKey(): EngineError {
  return new EngineError('BAD_RECORD', "format 'json': expected the keys of a MAP not to be NULL, got a NULL", {
    hint: "Set 'json.map-null-key.mode' to 'DROP' or 'LITERAL'.",
  });
}

function rowText(fields: readonly Field[], rules: WriteRules): ValueText {
  const members = fields.map(({ name, type }) => ({ name: quoteJson(name), text: valueText(type, rules) }));
  return (row) => {
    const texts: string[] = [];
    for (const [i, { name, text }] of members.entries()) {
      const value = (row as unknown[])[i];
      if (rules.ignoreNullFields && (value === null || value === undefined)) continue;
      texts.push(`${name}:${text(value)}`);
    }
    return `{${texts.join(',')}}`;
  };
}
