/** CSV records into columns: fields by position, with the rules of Jackson's CSV parser as Flink sets it up. */
import type { Column } from '../model/column.ts';
import type { DecodeFault, Decoder, DecoderContext } from '../model/format.ts';
import { type DataType, type Field, formatType } from '../model/types.ts';
import type { ColumnWriter } from './column-writer.ts';
import { columnWriter } from './column-writers.ts';
import { CsvFields } from './csv-fields.ts';
import { type CsvRules, csvRules } from './csv-options.ts';
import { type PlainStore, plainStore } from './plain-store.ts';
import { type TextConverter, textConverter, unsupportedType } from './text-convert.ts';

export function createCsvDecoder(ctx: DecoderContext): Decoder {
  return new CsvDecoder(ctx);
}

type WantedColumn = Readonly<{
  field: number;
  name: string;
  type: DataType;
  convert: TextConverter;
  writer: ColumnWriter;
  store: PlainStore | null;
}>;

class CsvDecoder implements Decoder {
  readonly #columns: readonly WantedColumn[];
  readonly #rules: CsvRules;
  readonly #fields: CsvFields;
  readonly #fieldCount: number;
  #capacity: number;
  #rows = 0;
  #taken = false;

  constructor(ctx: DecoderContext) {
    this.#rules = csvRules(ctx.options);
    this.#fields = new CsvFields(this.#rules);
    this.#fieldCount = ctx.table.length;
    this.#capacity = ctx.batchRows;
    for (const { type } of ctx.table) nestedConverter(type, this.#rules);
    this.#columns = ctx.columns.map((column) => this.#column(column, ctx));
  }

  #column({ path, type }: DecoderContext['columns'][number], ctx: DecoderContext): WantedColumn {
    const writer = columnWriter(type, ctx.batchRows, ctx.pool);
    const isPlain = path.length === 1 && this.#rules.nullLiteral === null;
    const store = isPlain ? plainStore(type, writer) : null;
    return { ...place(path, ctx.table, this.#rules), name: path.join('.'), type, writer, store };
  }

  get rows(): number {
    return this.#taken ? 0 : this.#rows;
  }

  take(): readonly Column[] {
    this.#begin();
    this.#taken = true;
    return this.#columns.map(({ writer }) => writer.column(this.#rows));
  }

  #begin(): void {
    if (!this.#taken) return;
    this.#taken = false;
    for (const { writer } of this.#columns) writer.reset(this.#rows);
    this.#rows = 0;
  }

  decode(bytes: Uint8Array, start: number, end: number): DecodeFault | null {
    this.#begin();
    if (start === end || this.#isComment(bytes, start, end)) return null;
    const fault = this.#read(bytes, start, end);
    if (fault === null) this.#rows++;
    else for (const { writer } of this.#columns) writer.clearNull(this.#rows);
    return fault === null || this.#rules.ignoreParseErrors ? null : { message: fault };
  }

  #isComment(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#rules.allowComments) return false;
    let at = start;
    while (at < end && bytes[at]! <= 32) at++;
    return bytes[at] === hash;
  }

  #read(bytes: Uint8Array, start: number, end: number): string | null {
    const fault = this.#fields.split(bytes, start, end);
    if (fault !== null) return fault;
    const { count } = this.#fields;
    if (count > this.#fieldCount || (count < this.#fieldCount && !this.#rules.ignoreParseErrors)) {
      return `expected ${this.#fieldCount} fields, found ${count}`;
    }
    if (this.#rows === this.#capacity) this.#grow();
    for (const column of this.#columns) {
      const wrong = this.#storePlainly(column) ? null : this.#store(column);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const { writer } of this.#columns) writer.reserve(this.#capacity);
  }

  #storePlainly({ field, store }: WantedColumn): boolean {
    const fields = this.#fields;
    if (store === null || field >= fields.count || !fields.isPlain(field)) return false;
    return store(fields.bytes, fields.starts[field]!, fields.ends[field]!, this.#rows);
  }

  #store(column: WantedColumn): string | null {
    const text = column.field < this.#fields.count ? this.#fields.text(column.field) : null;
    let value = text === null || text === this.#rules.nullLiteral ? null : column.convert(text);
    if (value === undefined) {
      if (!this.#rules.ignoreParseErrors) {
        return `field \`${column.name}\`: expected ${formatType({ ...column.type, nullable: true })}, found '${text}'`;
      }
      value = null;
    }
    if (value === null && !column.type.nullable) {
      return `field \`${column.name}\`: expected a value for ${formatType(column.type)}, found none`;
    }
    column.writer.set(this.#rows, value);
    return null;
  }
}

const hash = 35;

/** Where a column's text is, and how it is read: a field, or a member of a ROW in it. */
function place(
  path: readonly string[],
  table: readonly Field[],
  rules: CsvRules,
): Readonly<{ field: number; convert: TextConverter }> {
  const field = table.findIndex(({ name }) => name === path[0]);
  let convert = nestedConverter(table[field]!.type, rules);
  let type = table[field]!.type;
  for (const name of path.slice(1)) {
    if (type.kind !== 'row') throw unsupportedType('csv', type);
    const member = type.fields.findIndex((candidate) => candidate.name === name);
    type = type.fields[member]!.type;
    const whole = convert;
    convert = (text) => {
      const row = whole(text);
      return Array.isArray(row) ? row[member] : row;
    };
  }
  return { field, convert };
}

/** ARRAY and ROW of types that are not nested, their parts between `array-element-delimiter`s. */
function nestedConverter(type: DataType, rules: CsvRules): TextConverter {
  const scalar = textConverter(type);
  if (scalar !== null) return scalar;
  if (type.kind === 'array') {
    const convert = partConverter(type.element, rules);
    return (text) => converted(text === '' ? [] : text.split(rules.elementDelimiter), () => convert);
  }
  if (type.kind === 'row') {
    const converters = type.fields.map((field) => partConverter(field.type, rules));
    return (text) => {
      const parts = text.split(rules.elementDelimiter);
      return parts.length === converters.length ? converted(parts, (i) => converters[i]!) : undefined;
    };
  }
  throw unsupportedType('csv', type);
}

function partConverter(type: DataType, rules: CsvRules): TextConverter {
  const convert = textConverter(type);
  if (convert === null) throw unsupportedType('csv', type);
  return (text) => {
    if (text === rules.nullLiteral) return null;
    const value = convert(text);
    return value === undefined && rules.ignoreParseErrors ? null : value;
  };
}

function converted(parts: readonly string[], converterOf: (index: number) => TextConverter): unknown {
  const values = parts.map((part, i) => converterOf(i)(part));
  return values.includes(undefined) ? undefined : values;
}
