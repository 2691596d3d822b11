import { EngineError } from '../model/errors.ts';
import { readInt64 } from './response-reader.ts';

/**
 * The header of a record batch, version 2 (org.apache.kafka.common.record.DefaultRecordBatch; the table of its layout stands in the
 * protocol guide, "Record Batch"). All numbers big-endian. The CRC covers everything from `attributes` on.
 */
export const batchLayout = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** Bits of `attributes`. */
export const codecMask = 7;
export const logAppendTimeBit = 8;
export const transactionalBit = 16;
export const controlBit = 32;

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** A batch that is there as a whole, in `bytes[start, end)`. */
export type BatchHeader = Readonly<{
  start: number;
  end: number;
  baseOffset: number;
  /** Behind the last record, also where compaction took it: the records counted would say less. */
  nextOffset: number;
  leaderEpoch: number;
  attributes: number;
  baseTimestamp: number;
  maxTimestamp: number;
  producerId: number;
  recordCount: number;
}>;

/**
 * The header of the batch at `at`; null when the batch is not there as a whole: a fetch may end in a cut one. `where` begins a message:
 * "topic 't', partition 3".
 */
export function readBatchHeader(bytes: Buffer, at: number, end: number, where: string): BatchHeader | null {
  if (end - at < batchLayout.magic + 1) return null;
  const magic = bytes[at + batchLayout.magic]!;
  const baseOffset = readInt64(bytes, at + batchLayout.baseOffset);
  if (magic !== 2) throw unknownMagic(magic, baseOffset, where);
  const size = bytes.readInt32BE(at + batchLayout.length) + batchLayout.leaderEpoch;
  if (size < batchLayout.records) {
    throw corruptBatch(where, baseOffset, `expected ${batchLayout.records} bytes or more, its length says ${size}`);
  }
  if (size > end - at) return null;
  return {
    start: at,
    end: at + size,
    baseOffset,
    nextOffset: baseOffset + bytes.readInt32BE(at + batchLayout.lastOffsetDelta) + 1,
    leaderEpoch: bytes.readInt32BE(at + batchLayout.leaderEpoch),
    attributes: bytes.readInt16BE(at + batchLayout.attributes),
    baseTimestamp: readInt64(bytes, at + batchLayout.baseTimestamp),
    maxTimestamp: readInt64(bytes, at + batchLayout.maxTimestamp),
    producerId: readInt64(bytes, at + batchLayout.producerId),
    recordCount: bytes.readInt32BE(at + batchLayout.recordCount),
  };
}

/** Where the last whole batch of `bytes[start, end)` ends, as the offset to fetch next; `offset` when there is none. */
export function offsetBehind(bytes: Buffer, start: number, end: number, offset: number, where: string): number {
  let next = offset;
  for (let at = start; ; ) {
    const header = readBatchHeader(bytes, at, end, where);
    if (header === null) return next;
    next = header.nextOffset;
    at = header.end;
  }
}

function unknownMagic(magic: number, baseOffset: number, where: string): EngineError {
  return new EngineError(
    'UNSUPPORTED',
    `${where}, offset ${baseOffset}: expected a record batch of magic 2, got ${magic}`,
    {
      hint:
        magic < 2
          ? 'It was written before Kafka 0.11; copy the topic with a current client to read it.'
          : 'The bytes are damaged, or the broker is newer than this client.',
    },
  );
}

export function corruptBatch(where: string, baseOffset: number, what: string): EngineError {
  return new EngineError('BAD_RECORD', `${where}, record batch at offset ${baseOffset}: ${what}`, {
    hint: 'The batch is damaged on the broker or on the way. Compare with another consumer before you skip it.',
  });
}
