/**
 * The few numbers of a Parquet footer that a manifest wants: bytes a column and where row groups begin. Footers are Thrift's compact
 * protocol (parquet-format/parquet.thrift); everything else in them is walked over.
 */
import { assert } from '../model/errors.ts';

export type FooterFacts = Readonly<{ columnSizes: readonly number[]; splitOffsets: readonly number[] }>;

/** Of a whole file with flat columns, in their order. */
export function readFooter(file: Uint8Array): FooterFacts {
  const length = new DataView(file.buffer, file.byteOffset + file.length - 8, 4).getInt32(0, true);
  assert(length > 0 && length < file.length, () => `a Parquet footer of ${length} bytes in a file of ${file.length}`);
  const metadata = new CompactReader(file.subarray(file.length - 8 - length, file.length - 8)).struct();
  const groups = (metadata.get(4) ?? []) as Struct[]; // FileMetaData.row_groups
  const columnSizes: number[] = [];
  const splitOffsets: number[] = [];
  for (const group of groups) {
    const chunks = (group.get(1) as Struct[]).map((chunk) => chunk.get(3) as Struct); // RowGroup.columns, ColumnChunk.meta_data
    chunks.forEach((chunk, index) => {
      columnSizes[index] = (columnSizes[index] ?? 0) + (chunk.get(7) as number); // total_compressed_size
    });
    const [dataPage, dictionaryPage] = [chunks[0]!.get(9) as number, chunks[0]!.get(11) as number | undefined];
    splitOffsets.push(dictionaryPage === undefined ? dataPage : Math.min(dataPage, dictionaryPage));
  }
  return { columnSizes, splitOffsets };
}

type Struct = ReadonlyMap<number, unknown>;

const compactType = { stop: 0, true: 1, false: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, set: 10, map: 11, struct: 12 }; // biome-ignore format: a table

class CompactReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  struct(): Struct {
    const fields = new Map<number, unknown>();
    let id = 0;
    for (;;) {
      const header = this.#byte();
      if (header === compactType.stop) return fields;
      id = header >> 4 === 0 ? this.#zigzag() : id + (header >> 4);
      const type = header & 15;
      fields.set(id, type <= compactType.false ? type === compactType.true : this.#value(type));
    }
  }

  #value(type: number): unknown {
    switch (type) {
      case compactType.true:
      case compactType.false:
      case compactType.byte:
        return this.#byte();
      case compactType.i16:
      case compactType.i32:
      case compactType.i64:
        return this.#zigzag();
      case compactType.double:
        return this.#skip(8);
      case compactType.binary:
        return this.#skip(this.#varint());
      case compactType.list:
      case compactType.set:
        return this.#list();
      case compactType.struct:
        return this.struct();
      default:
        throw new RangeError(`Thrift compact type ${type} in a Parquet footer`);
    }
  }

  #list(): unknown[] {
    const header = this.#byte();
    const count = header >> 4 === 15 ? this.#varint() : header >> 4;
    return Array.from({ length: count }, () => this.#value(header & 15));
  }

  #skip(length: number): null {
    this.#at += length;
    return null;
  }

  #byte(): number {
    assert(this.#at < this.#bytes.length, () => `a Parquet footer ends at byte ${this.#at}`);
    return this.#bytes[this.#at++]!;
  }

  /** As a double: sizes and offsets stay below 2^53; statistics beyond lose digits, and nobody reads them here. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
