/**
 * A batch as bytes, and back: what exchanges carry and snapshots hold. Describes itself, but for the columns' SQL types.
 *
 * Layout: Int32 header [magic, rows, columns, flags], then per column Int32 [tag, flags, bytes of variable data, 0], then sections, each
 * aligned to 8 bytes, in order: ops, watermarks, and per column nulls and values. Byte order is the machine's: checkpoints stay on
 * machines of one kind (all that Node runs on are little endian).
 */
import type { BytesColumn, Column, ColumnBatch, Nulls, StringColumn } from '../model/column.ts';
import { EngineError } from '../model/errors.ts';
import { parseObjects, printObjects } from './object-codec.ts';

const magic = 0x4d524231; // "MRB1"
const tags = { bool: 0, i32: 1, f64: 2, narrow: 3, wide: 4, big: 5, string: 6, object: 7 } as const;
type Tag = (typeof tags)[keyof typeof tags];

const hasOps = 1;
const hasWatermarks = 2;
const headerInts = 4;

/** Gives a buffer of at least so many bytes: a reused one keeps the encoder from allocating. */
export type Allocate = (bytes: number) => ArrayBuffer;

export type EncodedBatch = Readonly<{ buffer: ArrayBuffer; byteLength: number }>;

const fresh: Allocate = (bytes) => new ArrayBuffer(bytes);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The rows `selection[0 … count)` of a batch (null: its first `count` rows) as bytes. */
export function encodeBatch(
  batch: ColumnBatch,
  selection: Int32Array | null = null,
  count: number = batch.length,
  allocate: Allocate = fresh,
): EncodedBatch {
  const parts = batch.columns.map((column) => partOf(column, selection, count));
  const fixed = align((headerInts + parts.length * headerInts) * 4);
  const opsBytes = batch.ops === null ? 0 : align(count);
  const watermarkBytes = batch.watermarks === null ? 0 : count * 8;
  const total = parts.reduce(
    (sum, part) => sum + nullBytes(part.column, count) + part.bytes,
    fixed + opsBytes + watermarkBytes,
  );
  const buffer = allocate(total);
  const header = new Int32Array(buffer, 0, headerInts + parts.length * headerInts);
  header[0] = magic;
  header[1] = count;
  header[2] = parts.length;
  header[3] = (batch.ops === null ? 0 : hasOps) | (batch.watermarks === null ? 0 : hasWatermarks);
  let at = fixed;
  if (batch.ops !== null) copySelected(batch.ops, new Uint8Array(buffer, at, count), selection, count);
  at += opsBytes;
  if (batch.watermarks !== null) copySelected(batch.watermarks, new Float64Array(buffer, at, count), selection, count);
  at += watermarkBytes;
  for (const [i, part] of parts.entries()) {
    const base = headerInts * (i + 1);
    header[base] = part.tag;
    header[base + 1] = part.column.nulls === null ? 0 : 1;
    header[base + 2] = part.variable;
    header[base + 3] = 0;
    if (part.column.nulls !== null)
      copySelected(part.column.nulls, new Uint8Array(buffer, at, count), selection, count);
    at += nullBytes(part.column, count);
    part.write(buffer, at);
    at += part.bytes;
  }
  return { buffer, byteLength: total };
}

type Part = Readonly<{
  tag: Tag;
  column: Column;
  /** Aligned. */
  bytes: number;
  /** Of strings and objects: the bytes after the offsets. */
  variable: number;
  write: (buffer: ArrayBuffer, at: number) => void;
}>;

function partOf(column: Column, selection: Int32Array | null, count: number): Part {
  switch (column.layout) {
    case 'bool':
      return fixedPart(tags.bool, column, column.values, Uint8Array, selection, count);
    case 'i32':
      return fixedPart(tags.i32, column, column.values, Int32Array, selection, count);
    case 'f64':
      return fixedPart(tags.f64, column, column.values, Float64Array, selection, count);
    case 'int':
      if (!column.wide) return fixedPart(tags.narrow, column, column.values, Float64Array, selection, count);
      if (column.values instanceof BigInt64Array)
        return fixedPart(tags.wide, column, column.values, BigInt64Array, selection, count);
      return textPart(tags.big, column, column.values, selection, count);
    case 'object':
      return textPart(tags.object, column, column.values, selection, count);
    case 'string':
      return stringPart(column, selection, count);
  }
}

type Fixed = Uint8Array | Int32Array | Float64Array | BigInt64Array;

function fixedPart<T extends Fixed>(
  tag: Tag,
  column: Column,
  values: T,
  type: { new (buffer: ArrayBuffer, at: number, length: number): T; BYTES_PER_ELEMENT: number },
  selection: Int32Array | null,
  count: number,
): Part {
  const write = (buffer: ArrayBuffer, at: number): void =>
    copySelected(values, new type(buffer, at, count), selection, count);
  return { tag, column, bytes: align(count * type.BYTES_PER_ELEMENT), variable: 0, write };
}

function copySelected<T extends Fixed>(source: T, target: T, selection: Int32Array | null, count: number): void {
  if (selection === null) target.set(source.subarray(0, count) as never);
  else for (let i = 0; i < count; i++) target[i] = source[selection[i]!]!;
}

function textPart(
  tag: Tag,
  column: Column,
  values: readonly unknown[],
  selection: Int32Array | null,
  count: number,
): Part {
  const picked = Array.from({ length: count }, (_, i) => {
    const row = selection === null ? i : selection[i]!;
    return column.nulls !== null && column.nulls[row] === 1 ? null : values[row];
  });
  const text = encoder.encode(printObjects(picked));
  const write = (buffer: ArrayBuffer, at: number): void => new Uint8Array(buffer, at, text.length).set(text);
  return { tag, column, bytes: align(text.length), variable: text.length, write };
}

/** Offsets (count + 1), then the bytes. NULLs take none. */
function stringPart(column: StringColumn, selection: Int32Array | null, count: number): Part {
  const nulls = column.nulls;
  const lengthOf =
    column.encoding === 'codes'
      ? (row: number) => column.pool.byteLength(column.values[row]!)
      : (row: number) => column.ends[row]! - column.starts[row]!;
  let variable = 0;
  for (let i = 0; i < count; i++) {
    const row = selection === null ? i : selection[i]!;
    if (nulls === null || nulls[row] === 0) variable += lengthOf(row);
  }
  const offsetBytes = align((count + 1) * 4);
  const write = (buffer: ArrayBuffer, at: number): void => {
    const offsets = new Int32Array(buffer, at, count + 1);
    const bytes = new Uint8Array(buffer, at + offsetBytes, variable);
    let position = 0;
    for (let i = 0; i < count; i++) {
      const row = selection === null ? i : selection[i]!;
      offsets[i] = position;
      if (nulls === null || nulls[row] === 0) position = copyString(column, row, bytes, position);
    }
    offsets[count] = position;
  };
  return { tag: tags.string, column, bytes: offsetBytes + align(variable), variable, write };
}

/** A loop: keys are short, and a subarray a row costs more than its bytes. */
function copyString(column: StringColumn, row: number, target: Uint8Array, at: number): number {
  if (column.encoding === 'codes') {
    const bytes = column.pool.bytes(column.values[row]!);
    for (let i = 0; i < bytes.length; i++) target[at + i] = bytes[i]!;
    return at + bytes.length;
  }
  let position = at;
  const { bytes } = column;
  for (let i = column.starts[row]!; i < column.ends[row]!; i++) target[position++] = bytes[i]!;
  return position;
}

/** Views into the buffer: borrowed as long as the buffer is not reused. Strings come as bytes. Fails with CHECKPOINT on other bytes. */
export function decodeBatch(buffer: ArrayBuffer, start = 0): ColumnBatch {
  const [found, rows, columnCount, flags] = new Int32Array(buffer, start, headerInts);
  if (found !== magic)
    throw new EngineError('CHECKPOINT', `a batch: expected it to begin with ${magic}, found ${found}`);
  const header = new Int32Array(buffer, start, headerInts * (columnCount! + 1));
  let at = start + align(header.length * 4);
  const ops = (flags! & hasOps) === 0 ? null : new Uint8Array(buffer, at, rows!);
  at += ops === null ? 0 : align(rows!);
  const watermarks = (flags! & hasWatermarks) === 0 ? null : new Float64Array(buffer, at, rows!);
  at += watermarks === null ? 0 : rows! * 8;
  const columns: Column[] = [];
  for (let i = 1; i <= columnCount!; i++) {
    const nulls = header[i * headerInts + 1] === 1 ? new Uint8Array(buffer, at, rows!) : null;
    at += nulls === null ? 0 : align(rows!);
    const tag = header[i * headerInts] as Tag;
    const variable = header[i * headerInts + 2]!;
    columns.push(readColumn(tag, buffer, at, rows!, variable, nulls));
    at += sectionBytes(tag, rows!, variable);
  }
  return { length: rows!, columns, ops, watermarks };
}

function sectionBytes(tag: Tag, rows: number, variable: number): number {
  if (tag === tags.bool) return align(rows);
  if (tag === tags.i32) return align(rows * 4);
  if (tag === tags.string) return align((rows + 1) * 4) + align(variable);
  return tag === tags.big || tag === tags.object ? align(variable) : rows * 8;
}

function readColumn(tag: Tag, buffer: ArrayBuffer, at: number, rows: number, variable: number, nulls: Nulls): Column {
  switch (tag) {
    case tags.bool:
      return { layout: 'bool', values: new Uint8Array(buffer, at, rows), nulls };
    case tags.i32:
      return { layout: 'i32', values: new Int32Array(buffer, at, rows), nulls };
    case tags.f64:
      return { layout: 'f64', values: new Float64Array(buffer, at, rows), nulls };
    case tags.narrow:
      return { layout: 'int', wide: false, values: new Float64Array(buffer, at, rows), nulls };
    case tags.wide:
      return { layout: 'int', wide: true, values: new BigInt64Array(buffer, at, rows), nulls };
    case tags.string:
      return readStrings(buffer, at, rows, variable, nulls);
    default: {
      const values = parseObjects(decoder.decode(new Uint8Array(buffer, at, variable)));
      if (tag === tags.object) return { layout: 'object', values, nulls };
      return { layout: 'int', wide: true, values: values.map((value) => BigInt((value ?? 0) as bigint)), nulls };
    }
  }
}

function readStrings(buffer: ArrayBuffer, at: number, rows: number, variable: number, nulls: Nulls): BytesColumn {
  const offsets = new Int32Array(buffer, at, rows + 1);
  const bytes = new Uint8Array(buffer, at + align((rows + 1) * 4), variable);
  return {
    layout: 'string',
    encoding: 'bytes',
    bytes,
    starts: offsets.subarray(0, rows),
    ends: offsets.subarray(1),
    nulls,
  };
}

function nullBytes(column: Column, count: number): number {
  return column.nulls === null ? 0 : align(count);
}

function align(bytes: number): number {
  return (bytes + 7) & ~7;
}
