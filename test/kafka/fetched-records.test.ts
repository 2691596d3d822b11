import { describe, expect, it } from 'vitest';
import type { AbortedTransaction } from '../../src/kafka/aborted-transactions.ts';
import { BatchBuilder, stampBatch } from '../../src/kafka/batch-builder.ts';
import { BatchReader } from '../../src/kafka/batch-reader.ts';
import { FetchedRecords, type PassedOver } from '../../src/kafka/fetched-records.ts';
import { PartitionFetch } from '../../src/kafka/partition-fetch.ts';
import { controlBit, transactionalBit } from '../../src/kafka/record-batch.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';
import { RecordRun } from '../../src/kafka/record-run.ts';

const kernel = new RecordKernel();
const reader = new BatchReader(true);

type BatchPlan = Readonly<{ base: number; count: number; producer?: number; control?: boolean; span?: number }>;

/** A batch whose values are their offsets. `span`: the offsets it stands for, when compaction took the last ones. */
function batch({ base, count, producer = -1, control = false, span = count }: BatchPlan): Buffer {
  const builder = new BatchBuilder();
  for (let i = 0; i < count; i++) builder.append(null, Buffer.from(String(base + i)), 0, null);
  const { bytes } = builder.seal('none');
  bytes.writeBigInt64BE(BigInt(base), 0);
  bytes.writeInt16BE((producer >= 0 ? transactionalBit : 0) | (control ? controlBit : 0), 21);
  bytes.writeInt32BE(span - 1, 23);
  stampBatch(bytes, { id: producer, epoch: 0, sequence: 0 }, kernel);
  return bytes;
}

function read(
  batches: readonly BatchPlan[],
  options: { offset?: number; stop?: number; aborted?: readonly AbortedTransaction[]; cut?: number } = {},
): { values: number[]; next: number; passedOver: readonly PassedOver[] } {
  const bytes = Buffer.concat(batches.map(batch));
  const end = bytes.length - (options.cut ?? 0);
  const fetched = {
    topicId: '',
    partition: 0,
    errorCode: 0,
    highWatermark: 0,
    lastStableOffset: 0,
    logStartOffset: 0,
    aborted: options.aborted ?? [],
    start: 0,
    end,
  };
  const records = new FetchedRecords(bytes, fetched, 'here', options.offset ?? 0, options.stop ?? Infinity);
  const run = new RecordRun();
  const values: number[] = [];
  while (records.next(reader, run)) {
    for (let i = records.from; i < records.to; i++) {
      values.push(Number(Buffer.from(run.bytes.subarray(run.valueStarts[i], run.valueEnds[i])).toString()));
    }
  }
  return { values, next: records.nextOffset, passedOver: records.passedOver };
}

describe('fetched records', () => {
  it.each<[string, readonly BatchPlan[], Parameters<typeof read>[1], number[], number]>([
    ['begin at the asked offset, within a batch', [{ base: 0, count: 5 }], { offset: 3 }, [3, 4], 5],
    [
      'pass over batches before it',
      [
        { base: 0, count: 3 },
        { base: 3, count: 2 },
      ],
      { offset: 3 },
      [3, 4],
      5,
    ],
    [
      'end before the stop offset',
      [
        { base: 0, count: 3 },
        { base: 3, count: 5 },
      ],
      { stop: 5 },
      [0, 1, 2, 3, 4],
      5,
    ],
    ['end where the stop offset is a gap', [{ base: 0, count: 2, span: 10 }], { stop: 7 }, [0, 1], 7],
    [
      'go on behind what compaction took',
      [
        { base: 0, count: 2, span: 10 },
        { base: 20, count: 1 },
      ],
      {},
      [0, 1, 20],
      21,
    ],
    ['take an empty batch for its offsets', [{ base: 5, count: 0, span: 4 }], { offset: 5 }, [], 9],
    [
      'leave a cut batch for the next fetch',
      [
        { base: 0, count: 2 },
        { base: 2, count: 2 },
      ],
      { cut: 1 },
      [0, 1],
      2,
    ],
    [
      'leave out control batches',
      [
        { base: 0, count: 2, producer: 7 },
        { base: 2, count: 1, producer: 7, control: true },
      ],
      {},
      [0, 1],
      3,
    ],
    [
      'end with a control batch before the stop offset',
      [
        { base: 0, count: 2, producer: 7 },
        { base: 2, count: 1, producer: 7, control: true },
      ],
      { stop: 3 },
      [0, 1],
      3,
    ],
    [
      'leave out what a producer aborted, up to its marker, and nothing of others',
      [
        { base: 0, count: 1, producer: 7 },
        { base: 1, count: 1, producer: 8 },
        { base: 2, count: 1, producer: 7 },
        { base: 3, count: 1, producer: 7, control: true },
        { base: 4, count: 1, producer: 7 },
        { base: 5, count: 1, producer: 8, control: true },
        { base: 6, count: 1 },
      ],
      { aborted: [{ producerId: 7, firstOffset: 0 }] },
      [1, 4, 6],
      7,
    ],
    [
      'leave out a second aborted transaction after a committed one',
      [
        { base: 0, count: 1, producer: 7 },
        { base: 1, count: 1, producer: 7, control: true },
        { base: 2, count: 2, producer: 7 },
        { base: 4, count: 1, producer: 7, control: true },
      ],
      { aborted: [{ producerId: 7, firstOffset: 2 }] },
      [0],
      5,
    ],
    [
      'know transactions that began before the asked offset',
      [
        { base: 4, count: 2, producer: 9 },
        { base: 6, count: 1, producer: 9, control: true },
        { base: 7, count: 1, producer: 9 },
      ],
      { offset: 4, aborted: [{ producerId: 9, firstOffset: 0 }] },
      [7],
      8,
    ],
  ])('%s', (_, batches, options, values, next) => {
    expect(read(batches, options)).toMatchObject({ values, next });
  });

  it('tell what they passed over and why', () => {
    const batches = [
      { base: 0, count: 1, producer: 8 },
      { base: 1, count: 2, producer: 7 },
      { base: 3, count: 1, producer: 7, control: true },
      { base: 4, count: 1 },
      { base: 5, count: 1, producer: 8, control: true },
    ];
    const { values, passedOver } = read(batches, { offset: 2, aborted: [{ producerId: 7, firstOffset: 1 }] });
    expect(values).toEqual([4]);
    expect(passedOver).toEqual([
      { cause: 'aborted', from: 2, to: 3 },
      { cause: 'control', from: 3, to: 4 },
      { cause: 'control', from: 5, to: 6 },
    ]);
  });
});

describe('a partition where nothing comes although there should be something', () => {
  function partition(offset: number, endOffset: number): PartitionFetch {
    const fetch = new PartitionFetch('t-0', { topic: 't', partition: 0, topicId: '', offset, stopOffset: 100 });
    fetch.endOffset = endOffset;
    return fetch;
  }

  it('is passed over only when a fetch for it alone brings nothing as well', () => {
    const fetch = partition(5, 9);
    for (let i = 0; i < 5; i++) expect(fetch.advance(5, false)).toBe(5);
    expect(fetch.suspicious).toBe(true);
    expect(fetch.advance(5, true)).toBe(9);
    expect(fetch.suspicious).toBe(false);
  });

  it('is not suspected at its end, nor when something comes', () => {
    const atEnd = partition(9, 9);
    for (let i = 0; i < 9; i++) expect(atEnd.advance(9, true)).toBe(9);
    const going = partition(0, 9);
    for (const next of [0, 0, 2, 2, 2]) going.advance(next, true);
    expect([going.suspicious, going.offset]).toEqual([false, 2]);
  });

  it('is passed over no further than it is to be read', () => {
    const fetch = partition(5, 500);
    for (let i = 0; i < 4; i++) fetch.advance(5, true);
    expect([fetch.offset, fetch.finished]).toEqual([100, true]);
  });
});
