import { describe, expect, it } from 'vitest';
import { PartitionLog } from '../../src/audit/compare/partition-log.ts';
import { BatchBuilder } from '../../src/kafka/batch-builder.ts';
import { batchLayout } from '../../src/kafka/record-batch.ts';

const place = { topic: 't', partition: 3, topicId: '0'.repeat(32) };

function batchAt(offset: number, count: number): Buffer {
  const builder = new BatchBuilder();
  for (let i = 0; i < count; i++) builder.append(null, Buffer.from(`${offset + i}`), 0, null);
  const { bytes } = builder.seal('none');
  bytes.writeBigInt64BE(BigInt(offset), batchLayout.baseOffset);
  return bytes;
}

/** A broker that answers by what is asked for, and what it was asked. */
function broker(answer: (offset: number, committed: boolean) => readonly Buffer[]) {
  const asked: [number, boolean][] = [];
  const released: Buffer[] = [];
  return {
    asked,
    released,
    fetch: async (_: typeof place, offset: number, committed = true) => {
      asked.push([offset, committed]);
      const bytes = Buffer.concat(answer(offset, committed));
      const ends = { highWatermark: 100, lastStableOffset: 100, logStartOffset: 0, errorCode: 0, aborted: [] };
      return { bytes, fetched: { ...ends, topicId: place.topicId, partition: 3, start: 0, end: bytes.length } };
    },
    release: (bytes: Buffer) => void released.push(bytes),
  };
}

async function batches(log: PartitionLog): Promise<number[]> {
  const offsets: number[] = [];
  for (let batch = await log.next(); batch !== null; batch = await log.next()) offsets.push(batch.header.baseOffset);
  return offsets;
}

describe('the log of a partition', () => {
  const whole = [batchAt(0, 10), batchAt(10, 10), batchAt(20, 10), batchAt(30, 10)];
  const inPairs = (offset: number): Buffer[] => whole.slice(Math.floor(offset / 10), Math.floor(offset / 10) + 2);

  it('is read to its end, a fetch ahead, and gives its buffers back', async () => {
    const { asked, released, ...fetcher } = broker(inPairs);
    expect(await batches(new PartitionLog(fetcher, place, 0, 40))).toEqual([0, 10, 20, 30]);
    expect(asked).toEqual([
      [0, true],
      [20, true],
    ]);
    expect(released).toHaveLength(2);
  });

  it('is read from within a batch to within another', async () => {
    const fetcher = broker(inPairs);
    expect(await batches(new PartitionLog(fetcher, place, 15, 25))).toEqual([10, 20]);
  });

  it('ends with a cut batch where the next fetch brings it whole', async () => {
    const cut = whole[1]!.subarray(0, -5);
    const fetcher = broker((offset) => (offset < 10 ? [whole[0]!, cut] : inPairs(offset)));
    expect(await batches(new PartitionLog(fetcher, place, 0, 30))).toEqual([0, 10, 20]);
  });

  it('ends before its end where what is not committed shows that nothing is left there', async () => {
    const fetcher = broker((offset, committed) => (offset < 10 ? [whole[0]!] : committed ? [] : [batchAt(30, 1)]));
    expect(await batches(new PartitionLog(fetcher, place, 0, 30))).toEqual([0]);
  });

  it('does not take it for the end that the broker brings nothing', async () => {
    const silent = broker((offset) => (offset < 10 ? [whole[0]!] : []));
    await expect(batches(new PartitionLog(silent, place, 0, 30))).rejects.toMatchObject({
      code: 'CONNECTION',
      message: "topic 't', partition 3: expected records from offset 10 to 30, the broker brings none",
    });
    let tries = 0;
    const slow = broker((offset) => (offset < 10 || ++tries > 30 ? inPairs(offset) : []));
    expect(await batches(new PartitionLog(slow, place, 0, 40))).toEqual([0, 10, 20, 30]);
  });
});
