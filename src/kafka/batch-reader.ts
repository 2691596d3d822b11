import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type BatchHeader, batchLayout, codecMask, codecs, corruptBatch } from './record-batch.ts';
import { maxBatchBytes, RecordKernel } from './record-kernel.ts';
import type { RecordRun } from './record-run.ts';

/** `bytes[start, end)`. */
export type OpenedRecords = Readonly<{ bytes: Uint8Array; start: number; end: number }>;

/** Opens record batches: checks the CRC, decompresses, walks the records. One a reader; its buffers are reused from batch to batch. */
export class BatchReader {
  readonly #checkCrcs: boolean;
  readonly #kernel: RecordKernel;

  constructor(checkCrcs: boolean, kernel = new RecordKernel()) {
    this.#checkCrcs = checkCrcs;
    this.#kernel = kernel;
  }

  /**
   * Walks the batch of `header` in `bytes` into `run`, whose ranges hold until the next call. BAD_RECORD, with `where` and the offset,
   * when the batch is damaged.
   */
  read(bytes: Buffer, header: BatchHeader, run: RecordRun, where: string): void {
    const records = this.open(bytes, header, where);
    const fault = run.walk(records.bytes, records.start, records.end, header.recordCount);
    if (fault !== null) throw corruptBatch(where, header.baseOffset, fault);
  }

  /** The records of a batch in their wire form, decompressed; valid until the next call. */
  open(bytes: Buffer, header: BatchHeader, where: string): OpenedRecords {
    const codec = codecs[header.attributes & codecMask];
    if (codec === undefined)
      throw corruptBatch(where, header.baseOffset, `compression ${header.attributes & codecMask}`);
    const inKernel = codec === 'lz4' || codec === 'snappy';
    if (this.#checkCrcs || inKernel) this.#kernel.load(bytes, header.start + batchLayout.attributes, header.end);
    if (this.#checkCrcs) this.#check(bytes, header, where);
    const start = header.start + batchLayout.records;
    if (codec === 'none') return { bytes, start, end: header.end };
    const opened = inKernel ? this.#inKernel(codec, header) : decompressed(codec, bytes.subarray(start, header.end));
    if (typeof opened === 'string') throw corruptBatch(where, header.baseOffset, opened);
    return opened;
  }

  /** The same in the kernel's memory, for others that work there: `[start, end)` of its bytes. */
  openInKernel(bytes: Buffer, header: BatchHeader, where: string): Readonly<{ start: number; end: number }> {
    const opened = this.open(bytes, header, where);
    if (opened.bytes === this.#kernel.bytes) return opened;
    const isThere = opened.bytes === bytes && this.#checkCrcs;
    if (!isThere) this.#kernel.load(opened.bytes, opened.start, opened.end);
    const start = this.#kernel.inputStart + (isThere ? batchLayout.records - batchLayout.attributes : 0);
    return { start, end: start + opened.end - opened.start };
  }

  #check(bytes: Buffer, header: BatchHeader, where: string): void {
    const expected = bytes.readUInt32BE(header.start + batchLayout.crc);
    const found = this.#kernel.crc32c();
    if (found === expected) return;
    throw corruptBatch(where, header.baseOffset, `expected CRC-32C ${hex(expected)}, got ${hex(found)}`);
  }

  #inKernel(codec: 'lz4' | 'snappy', header: BatchHeader): OpenedRecords | string {
    const from = batchLayout.records - batchLayout.attributes;
    const to = header.end - header.start - batchLayout.attributes;
    const length = codec === 'lz4' ? this.#kernel.lz4Frame(from) : this.#snappy(from, to);
    if (length === null) return `its records are not ${codec === 'lz4' ? 'an LZ4 frame' : 'Snappy'}`;
    const start = this.#kernel.outputStart;
    return { bytes: this.#kernel.bytes, start, end: start + length };
  }

  /** A raw block, as librdkafka writes it, or Java's frame of blocks: its magic alone tells (dpkp/kafka-python #2414). */
  #snappy(from: number, to: number): number | null {
    const magic = this.#kernel.input(from, Math.min(to, from + xerialMagic.length));
    if (!xerialMagic.equals(magic)) return this.#kernel.snappyBlock(from, to, 0);
    let written = 0;
    for (let at = from + xerialHeaderBytes; at < to; ) {
      const size = Buffer.from(this.#kernel.input(at, Math.min(at + 4, to)));
      const blockEnd = size.length < 4 ? -1 : at + 4 + size.readInt32BE(0);
      if (blockEnd < at + 4 || blockEnd > to) return null;
      const length = this.#kernel.snappyBlock(at + 4, blockEnd, written);
      if (length === null) return null;
      written += length;
      at = blockEnd;
    }
    return written;
  }
}

function decompressed(codec: 'gzip' | 'zstd', bytes: Buffer): OpenedRecords | string {
  try {
    const decompress = codec === 'gzip' ? gunzipSync : zstdDecompressSync;
    const records = decompress(bytes, { maxOutputLength: maxBatchBytes });
    return { bytes: records, start: 0, end: records.length };
  } catch (error) {
    return `its records are not ${codec}: ${error instanceof Error ? error.message : error}`;
  }
}

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16; // magic, version, compatible version

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
