/**
 * Law: what the kernel makes of batches is what `RecordDigest` and `BucketAccount.add` make of their records one by one, to the byte, whatever
 * codec, lengths, headers, gaps and times they have.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventTime, PartitionAccount } from '../../src/audit/auditor/partition-account.ts';
import { emptySegment } from '../../src/audit/auditor/segment-builder.ts';
import { BucketAccount, bucketStart, standardScheme } from '../../src/audit/bucket-account.ts';
import { DigestedRecords } from '../../src/audit/digested-records.ts';
import { encodeIdentity } from '../../src/audit/identity-header.ts';
import { RecordDigest } from '../../src/audit/record-hash.ts';
import { encodeSegment, type SegmentRecord, segmentOffsets } from '../../src/audit/segment-record.ts';
import { BatchBuilder, stampBatch } from '../../src/kafka/batch-builder.ts';
import { BatchReader } from '../../src/kafka/batch-reader.ts';
import { FetchedRecords, timestampOf } from '../../src/kafka/fetched-records.ts';
import { batchLayout, logAppendTimeBit } from '../../src/kafka/record-batch.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';
import { RecordRun } from '../../src/kafka/record-run.ts';
import { auditHeader } from '../../src/model/audit.ts';

const firstTime = 1_764_000_000_000;
const { bucketMs } = standardScheme;

const bytes = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }),
  fc.uint8Array({ minLength: 12, maxLength: 100 }),
  fc.tuple(fc.nat(3_000), fc.nat(255)).map(([size, byte]) => Buffer.alloc(size, `${byte}.`)),
);
const name = fc
  .record({
    session: fc.bigInt(0n, 2n ** 64n - 1n).map((value) => value.toString(16).padStart(16, '0')),
    sequence: fc.nat({ max: 2 ** 48 - 1 }),
    time: fc.integer({ min: -bucketMs, max: bucketMs }).map((ms) => firstTime + ms),
    producer: fc.string({ maxLength: 20 }),
    host: fc.string({ maxLength: 5 }),
  })
  .map(encodeIdentity);
const damagedName = fc.tuple(name, fc.nat(24), fc.nat(255)).map(([good, at, byte]) => {
  good[Math.min(at, good.length - 1)] = byte;
  return good;
});
const headers = fc.oneof(
  fc.constant(null),
  fc.array(
    fc.oneof(
      fc.tuple(fc.string({ maxLength: 16 }), bytes),
      fc.tuple(fc.constant(auditHeader), fc.oneof(name, name, damagedName, bytes)),
    ),
    { maxLength: 4 },
  ),
);
const record = fc.record({
  key: bytes,
  value: bytes,
  headers,
  stepMs: fc.oneof(fc.constantFrom(-bucketMs, 0, bucketMs), fc.nat(50), fc.integer({ min: -bucketMs, max: bucketMs })),
  gap: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) }),
});
const batch = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 30 }),
  codec: fc.constantFrom('none', 'lz4', 'zstd', 'gzip'),
  appended: fc.boolean(),
  copies: fc.constantFrom<number>(1, 1, 1, 60),
});

type BatchPlan = typeof batch extends fc.Arbitrary<infer T> ? T : never;

const kernel = new RecordKernel();

/** A log of these batches, the records of each as often as it says; ends before and behind the end of a segment. */
function logOf(plan: readonly BatchPlan[], from: number): { log: Buffer; end: number } {
  let offset = from;
  const parts = plan.map(({ records, codec, appended, copies }) => {
    const builder = new BatchBuilder();
    let [delta, time] = [-1, firstTime];
    for (let copy = 0; copy < copies; copy++) {
      for (const { key, value, headers: list, stepMs, gap } of records) {
        delta += 1 + gap;
        time += stepMs;
        builder.append(key, value, time, list === null ? null : new Map(list), delta);
      }
    }
    const sealed = builder.seal(codec).bytes;
    sealed.writeBigInt64BE(BigInt(offset), 0);
    const attributes = sealed.readInt16BE(batchLayout.attributes);
    if (appended) sealed.writeInt16BE(attributes | logAppendTimeBit, batchLayout.attributes);
    stampBatch(sealed, { id: -1, epoch: -1, sequence: -1 }, kernel);
    offset += delta + 1;
    return Buffer.from(sealed);
  });
  return { log: Buffer.concat(parts), end: offset };
}

function fetched(log: Buffer, from: number, stop: number): FetchedRecords {
  return new FetchedRecords(log, { start: 0, end: log.length, aborted: [], logStartOffset: 0 }, 'here', from, stop);
}

/** Accounts of all records by bucket, one by one. */
function oneByOne(log: Buffer, from: number, stop: number): Map<number, BucketAccount> {
  const records = fetched(log, from, stop);
  const [reader, run, digest] = [new BatchReader(true), new RecordRun(), new RecordDigest()];
  const accounts = new Map<number, BucketAccount>();
  while (records.next(reader, run)) {
    const { header } = records;
    for (let i = records.from; i < records.to; i++) {
      const timestamp = timestampOf(header, run, i);
      digest.read(run, i, timestamp);
      const time = eventTime(digest, timestamp);
      const start = bucketStart(time, bucketMs);
      const account = accounts.get(start) ?? new BucketAccount(standardScheme);
      accounts.set(start, account);
      const measured = (header.attributes & logAppendTimeBit) !== 0 && digest.named;
      account.add(digest, timestamp, measured ? Math.max(0, timestamp - time) : -1);
    }
  }
  return accounts;
}

/** The buckets of several segments as one. */
function joined(segments: readonly SegmentRecord[]): Map<number, BucketAccount> {
  const accounts = new Map<number, BucketAccount>();
  for (const { buckets } of segments) {
    for (const [start, account] of buckets) {
      const before = accounts.get(start);
      if (before === undefined) accounts.set(start, account);
      else before.append(account);
    }
  }
  return accounts;
}

function asBytes(buckets: ReadonlyMap<number, BucketAccount>): Buffer {
  return encodeSegment({
    ...emptySegment(0, standardScheme),
    buckets: new Map([...buckets].sort(([a], [b]) => a - b)),
  });
}

describe('records digested by the kernel', () => {
  const digests = new DigestedRecords();

  it('give the accounts that they give one by one', () => {
    const plans = fc.array(batch, { minLength: 1, maxLength: 4 });
    const cut = fc.record({ from: fc.nat(40), stop: fc.option(fc.nat(60), { nil: null }) });
    fc.assert(
      fc.property(plans, cut, fc.boolean(), (plan, { from, stop }, nearEnd) => {
        const base = nearEnd ? segmentOffsets - 20 : 0;
        const { log, end } = logOf(plan, base);
        const [first, last] = [base + from, stop === null ? Infinity : Math.min(base + from + stop, end)];
        const segments: SegmentRecord[] = [];
        const account = new PartitionAccount(emptySegment(first, standardScheme), true, (one) => segments.push(one));
        account.take(fetched(log, first, last), digests);
        expect(asBytes(joined([...segments, account.head]))).toEqual(asBytes(oneByOne(log, first, last)));
      }),
      { numRuns: 150 },
    );
  });

  it.each(['none', 'lz4'] as const)('are refused with the reason of the walk when %s bytes are none', (codec) => {
    const { log } = logOf(
      [
        {
          records: [{ key: null, value: Buffer.from('v'), headers: null, stepMs: 0, gap: 0 }],
          codec,
          appended: false,
          copies: 3,
        },
      ],
      0,
    );
    log.writeInt32BE(4, batchLayout.recordCount);
    stampBatch(log, { id: -1, epoch: -1, sequence: -1 }, kernel);
    const failure = (act: () => void): string => {
      try {
        act();
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing';
    };
    const account = new PartitionAccount(emptySegment(0, standardScheme), true, () => {});
    const found = failure(() => account.take(fetched(log, 0, Infinity), digests));
    expect(found).toBe(failure(() => oneByOne(log, 0, Infinity)));
    expect(found).toContain('record');
  });
});
