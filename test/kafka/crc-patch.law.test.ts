import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchBuilder, stampBatch } from '../../src/kafka/batch-builder.ts';
import { restampBatch } from '../../src/kafka/batch-restamp.ts';
import { batchLayout } from '../../src/kafka/record-batch.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';

const kernel = new RecordKernel();

function fullCrc(batch: Buffer): number {
  kernel.load(batch, batchLayout.attributes, batch.length);
  return kernel.crc32c();
}

const producers = fc.record({
  id: fc.oneof(fc.constant(-1), fc.maxSafeNat()),
  epoch: fc.integer({ min: -1, max: 32_767 }),
});
const sequences = fc.integer({ min: -1, max: 2 ** 31 - 1 });
const compressions = fc.constantFrom('none', 'lz4', 'zstd', 'gzip');
const records = fc.array(
  fc.record({ value: fc.uint8Array({ maxLength: 300 }), timestamp: fc.integer({ min: 0, max: 2 ** 41 }) }),
  { minLength: 1, maxLength: 40 },
);

describe('a batch that is stamped anew', () => {
  it('has the CRC that a full recomputation gives, and the records that it had', () => {
    fc.assert(
      fc.property(
        records,
        compressions,
        producers,
        sequences,
        producers,
        sequences,
        fc.integer({ min: 0, max: 0xffff }),
        fc.nat({ max: 100 }),
        (list, compression, before, sequenceBefore, producer, sequence, attributes, offset) => {
          const builder = new BatchBuilder();
          for (const { value, timestamp } of list) builder.append(null, value, timestamp, null);
          const { bytes } = builder.seal(compression);
          stampBatch(bytes, { ...before, sequence: sequenceBefore }, kernel);
          const around = Buffer.concat([Buffer.alloc(offset, 1), bytes, Buffer.alloc(7, 2)]);
          const end = offset + bytes.length;
          const signed = Buffer.from([attributes >>> 8, attributes & 255]).readInt16BE(0);
          restampBatch(around, offset, end, { producer, sequence, attributes: signed });
          const restamped = Buffer.from(around.subarray(offset, end));
          expect(restamped.readUInt32BE(batchLayout.crc)).toBe(fullCrc(restamped));
          expect(restamped.subarray(batchLayout.recordCount)).toEqual(bytes.subarray(batchLayout.recordCount));
          expect(restamped.readBigInt64BE(batchLayout.producerId)).toBe(BigInt(producer.id));
          expect(restamped.readInt32BE(batchLayout.baseSequence)).toBe(sequence);
          expect(around.subarray(0, offset)).toEqual(Buffer.alloc(offset, 1));
          expect(around.subarray(end)).toEqual(Buffer.alloc(7, 2));
        },
      ),
    );
  });

  it('keeps damage to a record visible', () => {
    fc.assert(
      fc.property(records, producers, fc.nat(), fc.nat({ max: 7 }), (list, producer, place, bit) => {
        const builder = new BatchBuilder();
        for (const { value, timestamp } of list) builder.append(null, value, timestamp, null);
        const { bytes } = builder.seal('none');
        stampBatch(bytes, { id: 1, epoch: 0, sequence: 0 }, kernel);
        const at = batchLayout.records + (place % (bytes.length - batchLayout.records));
        bytes[at] = bytes[at]! ^ (1 << bit);
        restampBatch(bytes, 0, bytes.length, { producer, sequence: 5, attributes: 0 });
        expect(bytes.readUInt32BE(batchLayout.crc)).not.toBe(fullCrc(bytes));
      }),
    );
  });
});
