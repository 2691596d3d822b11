import { foldDifference, patchCrc } from './crc-patch.ts';
import type { ProducerId } from './producer-id.ts';
import { batchLayout } from './record-batch.ts';

/** Who writes a batch on, and its place among what they write to the partition. */
export type Restamp = Readonly<{ producer: ProducerId; sequence: number; attributes: number }>;

const changedFrom = batchLayout.attributes;
const changedTo = batchLayout.recordCount;
const before = Buffer.alloc(changedTo - changedFrom);

/**
 * Makes the batch in `bytes[start, end)`, as it was fetched, one that a producer may send: offsets from 0, producer, sequence and attributes
 * anew. Its CRC is patched by what changed in the header: the records are not read, and damage to them stays visible.
 */
export function restampBatch(bytes: Buffer, start: number, end: number, stamp: Restamp): void {
  bytes.copy(before, 0, start + changedFrom, start + changedTo);
  bytes.fill(0, start, start + batchLayout.length);
  bytes.writeInt32BE(-1, start + batchLayout.leaderEpoch);
  bytes.writeInt16BE(stamp.attributes, start + batchLayout.attributes);
  bytes.writeBigInt64BE(BigInt(stamp.producer.id), start + batchLayout.producerId);
  bytes.writeInt16BE(stamp.producer.epoch, start + batchLayout.producerEpoch);
  bytes.writeInt32BE(stamp.sequence, start + batchLayout.baseSequence);
  let difference = 0;
  for (let i = 0; i < before.length; i++) {
    difference = foldDifference(difference, before[i]! ^ bytes[start + changedFrom + i]!);
  }
  const at = start + batchLayout.crc;
  bytes.writeUInt32BE(patchCrc(bytes.readUInt32BE(at), difference, end - start - changedTo), at);
}
