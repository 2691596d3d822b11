/**
 * JSON records into columns: the quick way where a record is plain (json-scan.ts), the slow way where it is not.
 *
 * A record is an object, or an array of objects, a row each (Flink does the same). It is read to its end: what stands behind it makes it
 * faulty, unlike in Flink, which stops looking once it has its fields; a half-written record would give a row otherwise.
 */
import type { Column } from '../model/column.ts';
import type { DecodeFault, Decoder, DecoderContext } from '../model/format.ts';
import { formatType } from '../model/types.ts';
import type { ColumnWriter } from './column-writer.ts';
import { columnWriter } from './column-writers.ts';
import { type JsonConverter, jsonConverter } from './json-convert.ts';
import { JsonFault, type JsonNode, JsonReader, maxDepth } from './json-node.ts';
import { type JsonReadOptions, jsonReadOptions } from './json-options.ts';
import { generateScan, type JsonScan, type PhysicalColumn, type ScanHelp } from './json-scan.ts';
import { skipJson } from './json-skip.ts';
import { plainTimestamp } from './time-text.ts';

/** `scan: false` reads every record the slow way: for tests, which compare the two. */
export function createJsonDecoder(ctx: DecoderContext, mode: { scan: boolean } = { scan: true }): Decoder {
  return new JsonDecoder(ctx, mode.scan);
}

class JsonDecoder implements Decoder {
  readonly #columns: readonly PhysicalColumn[];
  readonly #options: JsonReadOptions;
  readonly #writers: readonly ColumnWriter[];
  readonly #converters: readonly JsonConverter[];
  readonly #reader = new JsonReader();
  readonly #scan: JsonScan | null;
  #capacity: number;
  #rows = 0;
  #taken = false;

  constructor(ctx: DecoderContext, scan: boolean) {
    this.#columns = ctx.columns;
    this.#options = jsonReadOptions(ctx.options);
    this.#capacity = ctx.batchRows;
    this.#writers = ctx.columns.map(({ type }) => columnWriter(type, ctx.batchRows, ctx.pool));
    this.#converters = ctx.columns.map(({ type }) => jsonConverter(type, this.#options));
    this.#scan = scan ? generateScan(ctx.columns, this.#writers, this.#help(), this.#options.failOnMissingField) : null;
  }

  get rows(): number {
    return this.#taken ? 0 : this.#rows;
  }

  take(): readonly Column[] {
    this.#begin();
    this.#taken = true;
    return this.#writers.map((writer) => writer.column(this.#rows));
  }

  /** The columns that were taken are borrowed until here. */
  #begin(): void {
    if (!this.#taken) return;
    this.#taken = false;
    for (const writer of this.#writers) writer.reset(this.#rows);
    this.#rows = 0;
  }

  decode(bytes: Uint8Array, start: number, end: number): DecodeFault | null {
    if (this.#taken) this.#begin();
    if (start === end) return null;
    if (this.#rows === this.#capacity) this.#grow();
    if (this.#scan !== null && this.#scan(bytes, start, end, this.#rows) === 0) {
      this.#rows++;
      return null;
    }
    return this.#decodeSlowly(bytes, start, end);
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const writer of this.#writers) writer.reserve(this.#capacity);
  }

  #decodeSlowly(bytes: Uint8Array, start: number, end: number): DecodeFault | null {
    const before = this.#rows;
    try {
      this.#reader.reset(bytes, start + byteOrderMark(bytes, start, end), end);
      const node = this.#reader.read();
      this.#reader.end();
      for (const record of Array.isArray(node) ? node : [node]) this.#append(record);
      return null;
    } catch (error) {
      for (let row = before; row <= this.#rows; row++) this.#clear(row);
      this.#rows = before;
      if (!(error instanceof JsonFault)) throw error;
      return this.#options.ignoreParseErrors ? null : { message: error.message };
    }
  }

  #append(record: JsonNode): void {
    if (!(record instanceof Map)) throw new JsonFault('expected an object or an array of objects, found another value');
    if (this.#rows === this.#capacity) this.#grow();
    this.#clear(this.#rows);
    for (const [index, column] of this.#columns.entries()) {
      this.#writers[index]!.set(this.#rows, this.#convert(index, this.#find(record, column)));
    }
    this.#rows++;
  }

  #clear(row: number): void {
    for (const writer of this.#writers) writer.clearNull(row);
  }

  /** The node at a column's path; null where it, or an object on the way, is missing or null. */
  #find(record: Map<string, JsonNode>, column: PhysicalColumn): JsonNode {
    let node: JsonNode = record;
    for (const [depth, name] of column.path.entries()) {
      if (!(node instanceof Map)) return this.#notAnObject(column, depth);
      const next: JsonNode | undefined = node.get(name);
      if (next === undefined && this.#options.failOnMissingField) {
        throw new JsonFault(`expected a field ${pathText(column.path.slice(0, depth + 1))}, found none`);
      }
      if (next === undefined || next === null) return null;
      node = next;
    }
    return node;
  }

  #notAnObject(column: PhysicalColumn, depth: number): null {
    if (this.#options.ignoreParseErrors) return null;
    throw new JsonFault(`field ${pathText(column.path.slice(0, depth))}: expected an object, found another value`);
  }

  #convert(index: number, node: JsonNode): unknown {
    const { path, type } = this.#columns[index]!;
    const value = this.#converted(index, node);
    if (value === null && !type.nullable) {
      throw new JsonFault(`field ${pathText(path)}: expected a value for ${formatType(type)}, found none`);
    }
    return value;
  }

  #converted(index: number, node: JsonNode): unknown {
    try {
      return this.#converters[index]!(node);
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      throw new JsonFault(`field ${pathText(this.#columns[index]!.path)}: ${error.message}`);
    }
  }

  /** A fault here only says that the record has to be read the slow way. */
  #help(): ScanHelp {
    const reader = this.#reader;
    const attempt = (use: (node: JsonNode) => void): number => {
      try {
        use(reader.read());
        return reader.position;
      } catch (error) {
        if (error instanceof JsonFault) return -1;
        throw error;
      }
    };
    const times = this.#columns.map(({ type }) => timestampForm(type, this.#options));
    return {
      value: (column, bytes, position, end, row) => {
        reader.reset(bytes, position, end, this.#columns[column]!.path.length);
        return attempt((node) => this.#writers[column]!.set(row, this.#convert(column, node)));
      },
      skip: (bytes, position, end, depth) => skipJson(bytes, position, end, maxDepth - depth),
      double: (bytes, start, end) => Number(latin1(bytes, start, end)),
      timestamp: (column, bytes, start, end) => {
        const { separator, precision, zulu } = times[column]!;
        if (zulu && bytes[end - 1] !== upperZ) return Number.NaN;
        return plainTimestamp(bytes, start, zulu ? end - 1 : end, separator, precision);
      },
    };
  }
}

const upperZ = 90;

/** Of bytes that are ASCII. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
}

type TimestampForm = Readonly<{ separator: number; precision: number; zulu: boolean }>;

function timestampForm(type: PhysicalColumn['type'], options: JsonReadOptions): TimestampForm {
  const separator = (options.timestampStandard === 'SQL' ? ' ' : 'T').charCodeAt(0);
  return { separator, precision: 'precision' in type ? type.precision : 0, zulu: type.kind === 'timestamp_ltz' };
}

function pathText(path: readonly string[]): string {
  return path.map((name) => `\`${name}\``).join('.');
}

/** Jackson skips one before a record. */
function byteOrderMark(bytes: Uint8Array, start: number, end: number): number {
  return end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf ? 3 : 0;
}
