import { compressRecords } from './batch-builder.ts';
import { BatchReader } from './batch-reader.ts';
import type { Compression } from './client-config.ts';
import { type BatchHeader, batchLayout, codecMask, codecs, corruptBatch, logAppendTimeBit } from './record-batch.ts';
import { RecordKernel } from './record-kernel.ts';

/** A batch of its own buffer, ready but for who writes it; `offsets` are those that its records had, in their order. */
export type RewrittenBatch = Readonly<{ bytes: Buffer; offsets: readonly number[] }>;

/**
 * Encodes batches anew that no broker would take as they are: with gaps (compaction), begun before the offset from which records are
 * wanted, or with the broker's time on every record. Key, value and headers of a record are copied as they stand, byte by byte.
 */
export class BatchRewriter {
  readonly #kernel = new RecordKernel();
  readonly #reader = new BatchReader(true, this.#kernel);

  /** The records of `header`'s batch from offset `from` on, without gaps; null when there are none. BAD_RECORD when it is damaged. */
  rewrite(bytes: Buffer, header: BatchHeader, from: number, where: string): RewrittenBatch | null {
    const opened = this.#reader.open(bytes, header, where);
    const records = new RecordCopy(opened.bytes, opened.start, opened.end, header);
    const fault = records.copy(from);
    if (fault !== null) throw corruptBatch(where, header.baseOffset, fault);
    if (records.offsets.length === 0) return null;
    return { bytes: this.#seal(bytes, header, records), offsets: records.offsets };
  }

  #seal(bytes: Buffer, header: BatchHeader, records: RecordCopy): Buffer {
    const codec = codecs[header.attributes & codecMask]!;
    const compression: Compression = codec === 'snappy' ? 'lz4' : codec; // there is no encoder for Snappy here
    const body = compressRecords(records.written(), compression);
    const batch = Buffer.concat([bytes.subarray(header.start, header.start + batchLayout.records), body]);
    const attributes = (header.attributes & ~codecMask & ~logAppendTimeBit) | codecs.indexOf(compression);
    batch.writeInt32BE(batch.length - batchLayout.leaderEpoch, batchLayout.length);
    batch.writeInt16BE(attributes, batchLayout.attributes);
    batch.writeInt32BE(records.offsets.length - 1, batchLayout.lastOffsetDelta);
    batch.writeBigInt64BE(BigInt(records.baseTimestamp), batchLayout.baseTimestamp);
    batch.writeBigInt64BE(BigInt(records.maxTimestamp), batchLayout.maxTimestamp);
    batch.writeInt32BE(records.offsets.length, batchLayout.recordCount);
    this.#kernel.load(batch, batchLayout.attributes, batch.length);
    batch.writeUInt32BE(this.#kernel.crc32c(), batchLayout.crc);
    return batch;
  }
}

/** Copies records with new offset deltas; never longer than they were, since deltas only get smaller. */
class RecordCopy {
  readonly offsets: number[] = [];
  readonly baseTimestamp: number;
  maxTimestamp = -Infinity;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #header: BatchHeader;
  readonly #output: Buffer;
  #at: number;
  #written = 0;

  constructor(bytes: Uint8Array, start: number, end: number, header: BatchHeader) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#header = header;
    this.#output = Buffer.allocUnsafe(end - start);
    this.baseTimestamp = this.#timed ? header.maxTimestamp : header.baseTimestamp;
  }

  /** Whether the broker set one time for all. */
  get #timed(): boolean {
    return (this.#header.attributes & logAppendTimeBit) !== 0;
  }

  written(): Buffer {
    return this.#output.subarray(0, this.#written);
  }

  /** Returns what is wrong with the records, null when nothing is. */
  copy(from: number): string | null {
    const { recordCount, baseOffset } = this.#header;
    for (let i = 0; i < recordCount; i++) {
      const length = this.#varint();
      const recordEnd = this.#at + length;
      if (length < 1 || recordEnd > this.#end) return `record ${i} of ${recordCount} has a length of ${length}`;
      const attributes = this.#bytes[this.#at++]!;
      const timeDelta = this.#varint();
      const offset = baseOffset + this.#varint();
      if (this.#at > recordEnd) return `record ${i} of ${recordCount} ends within its offset`;
      if (offset >= from) this.#write(attributes, this.#timed ? 0 : timeDelta, offset, recordEnd);
      this.#at = recordEnd;
    }
    return this.#at === this.#end ? null : `${this.#end - this.#at} bytes follow the last of ${recordCount} records`;
  }

  #write(attributes: number, timeDelta: number, offset: number, recordEnd: number): void {
    const offsetDelta = this.offsets.length;
    const body = this.#bytes.subarray(this.#at, recordEnd);
    this.#putVarint(1 + varintSize(timeDelta) + varintSize(offsetDelta) + body.length);
    this.#output[this.#written++] = attributes;
    this.#putVarint(timeDelta);
    this.#putVarint(offsetDelta);
    this.#output.set(body, this.#written);
    this.#written += body.length;
    this.maxTimestamp = Math.max(this.maxTimestamp, this.baseTimestamp + timeDelta);
    this.offsets.push(offset);
  }

  /** A zigzag varint of up to 64 bits; exact within ±2^52, which times and offsets are. */
  #varint(): number {
    let value = 0;
    for (let scale = 1; this.#at < this.#end; scale *= 128) {
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #putVarint(value: number): void {
    let rest = zigzag(value);
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#output[this.#written++] = (rest % 128) | 128;
    this.#output[this.#written++] = rest;
  }
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}
