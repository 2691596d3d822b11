import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression } from './client-config.ts';
import { lz4Compress } from './lz4-encoder.ts';
import { batchLayout, codecs } from './record-batch.ts';
import type { RecordKernel } from './record-kernel.ts';

/** Names and values of a record's headers, in their order. */
export type RecordHeaders = ReadonlyMap<string, Uint8Array | string | null>;

/** A record batch as it goes to the broker, but for producer id and sequence: `stampBatch` puts them in. */
export type SealedBatch = Readonly<{ bytes: Buffer; count: number }>;

const initialBytes = 16_384;
const encoder = new TextEncoder();

/** Gathers records in their wire form (record-batch.ts, record-run.ts), without an object a record. */
export class BatchBuilder {
  #bytes = Buffer.allocUnsafe(initialBytes);
  #at: number = batchLayout.records;
  #count = 0;
  #lastOffsetDelta = -1;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes of records, before compression. */
  get size(): number {
    return this.#at - batchLayout.records;
  }

  /** Appends a record; bytes are copied. `timestamp`: ms since 1970. `offsetDelta`: where there are gaps, above the one before. */
  append(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number,
    headers: RecordHeaders | null,
    offsetDelta = this.#lastOffsetDelta + 1,
  ): void {
    if (this.#count === 0) this.#baseTimestamp = timestamp;
    this.#maxTimestamp = this.#count === 0 ? timestamp : Math.max(this.#maxTimestamp, timestamp);
    const timestampDelta = timestamp - this.#baseTimestamp;
    const fields = headers === null ? [] : [...headers].flatMap(headerBytes);
    const headerSize = fields.reduce((sum, field) => sum + fieldSize(field), varintSize(fields.length / 2));
    const length =
      1 + varlongSize(timestampDelta) + varintSize(offsetDelta) + fieldSize(key) + fieldSize(value) + headerSize;
    this.#reserve(varintSize(length) + length);
    this.#varint(length);
    this.#bytes[this.#at++] = 0;
    this.#varlong(timestampDelta);
    this.#varint(offsetDelta);
    this.#lastOffsetDelta = offsetDelta;
    this.#count++;
    this.#field(key);
    this.#field(value);
    this.#varint(fields.length / 2);
    for (const field of fields) this.#field(field);
  }

  /** Closes the batch. The builder is not used again. */
  seal(compression: Compression): SealedBatch {
    const records = this.#bytes.subarray(batchLayout.records, this.#at);
    const compressed = compressRecords(records, compression);
    const bytes =
      compressed === records
        ? this.#bytes.subarray(0, this.#at)
        : Buffer.concat([this.#bytes.subarray(0, batchLayout.records), compressed]);
    bytes.fill(0, 0, batchLayout.records);
    bytes.writeInt32BE(bytes.length - batchLayout.leaderEpoch, batchLayout.length);
    bytes.writeInt32BE(-1, batchLayout.leaderEpoch);
    bytes[batchLayout.magic] = 2;
    bytes.writeInt16BE(codecs.indexOf(compression), batchLayout.attributes);
    bytes.writeInt32BE(this.#lastOffsetDelta, batchLayout.lastOffsetDelta);
    bytes.writeBigInt64BE(BigInt(this.#baseTimestamp), batchLayout.baseTimestamp);
    bytes.writeBigInt64BE(BigInt(this.#maxTimestamp), batchLayout.maxTimestamp);
    bytes.writeInt32BE(this.#count, batchLayout.recordCount);
    return { bytes, count: this.#count };
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + size));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }

  #field(bytes: Uint8Array | null): void {
    this.#varint(bytes === null ? -1 : bytes.length);
    if (bytes === null) return;
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #varint(value: number): void {
    this.#unsigned((value << 1) ^ (value >> 31));
  }

  #unsigned(zigzag: number): void {
    let rest = zigzag >>> 0;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#at++] = (rest & 127) | 128;
    this.#bytes[this.#at++] = rest;
  }

  #varlong(value: number): void {
    let rest = zigzagLong(value);
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    this.#bytes[this.#at++] = rest;
  }
}

/** Puts in who writes it and its place in their order, and the CRC. producerId −1: nobody. */
export function stampBatch(
  batch: Buffer,
  producer: { id: number; epoch: number; sequence: number },
  kernel: RecordKernel,
): void {
  batch.writeBigInt64BE(BigInt(producer.id), batchLayout.producerId);
  batch.writeInt16BE(producer.epoch, batchLayout.producerEpoch);
  batch.writeInt32BE(producer.sequence, batchLayout.baseSequence);
  kernel.load(batch, batchLayout.attributes, batch.length);
  batch.writeUInt32BE(kernel.crc32c(), batchLayout.crc);
}

/** Records in their wire form, as a batch of that codec holds them. */
export function compressRecords(records: Buffer, compression: Compression): Buffer {
  switch (compression) {
    case 'none':
      return records;
    case 'gzip':
      return gzipSync(records);
    case 'lz4':
      return lz4Compress(records);
    case 'zstd':
      return zstdCompressSync(records);
  }
}

function headerBytes([name, value]: [string, Uint8Array | string | null]): (Uint8Array | null)[] {
  return [encoder.encode(name), typeof value === 'string' ? encoder.encode(value) : value];
}

function fieldSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

function varintSize(value: number): number {
  const bits = 32 - Math.clz32(((value << 1) ^ (value >> 31)) | 1);
  return Math.ceil(bits / 7);
}

function zigzagLong(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function varlongSize(value: number): number {
  let size = 1;
  for (let rest = zigzagLong(value); rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}
