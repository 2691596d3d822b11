import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAuditKey, encodeAuditKey } from '../../src/audit/audit-key.ts';
import { AuditLog } from '../../src/audit/audit-log.ts';
import { PartitionAccount } from '../../src/audit/auditor/partition-account.ts';
import { startingPoint } from '../../src/audit/auditor/starting-point.ts';
import { encodeWatermark } from '../../src/audit/auditor/watermark.ts';
import { BucketAccount, standardScheme } from '../../src/audit/bucket-account.ts';
import { DigestedRecords } from '../../src/audit/digested-records.ts';
import { type AuditMessage, ProducerAudit } from '../../src/audit/producer-audit.ts';
import { RecordDigest } from '../../src/audit/record-hash.ts';
import { producerSide } from '../../src/audit/report/producer-side.ts';
import { type BucketFinding, joinedSide, reconcile, type Side } from '../../src/audit/report/reconcile.ts';
import { type TopicView, topicView } from '../../src/audit/report/topic-view.ts';
import { chainOf } from '../../src/audit/segment-chain.ts';
import { encodeSegment, type SegmentRecord } from '../../src/audit/segment-record.ts';
import { BatchBuilder, stampBatch } from '../../src/kafka/batch-builder.ts';
import { FetchedRecords } from '../../src/kafka/fetched-records.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';

const { bucketMs } = standardScheme;

describe('counts of producers', () => {
  /** What arrives of the messages of one round: how often each does, and in which order. */
  const round = fc.record({
    records: fc.integer({ min: 0, max: 5 }),
    stepMs: fc.integer({ min: 0, max: bucketMs }),
    fates: fc.array(fc.nat(3), { maxLength: 12 }),
  });

  it('are exact when the last messages arrive, whatever was lost, repeated or delayed before', () => {
    fc.assert(
      fc.property(fc.array(round, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat()), (rounds, chance) => {
        const audit = new ProducerAudit({ producer: 'p', host: 'h' }, () => '0000000000000001');
        const log = new AuditLog();
        const delayed: AuditMessage[] = [];
        const expected = new Map<number, number>();
        let now = 1_764_000_000_000;
        for (const { records, stepMs, fates } of rounds) {
          now += stepMs;
          for (let i = 0; i < records; i++) {
            audit.stamp('t', { key: null, value: Buffer.from('v'), timestamp: now }, now);
            const bucket = Math.floor(now / bucketMs) * bucketMs;
            expected.set(bucket, (expected.get(bucket) ?? 0) + 1);
          }
          audit.messages().forEach((message, i) => {
            for (let copy = 0; copy < (fates[i] ?? 1); copy++) delayed.push(message);
          });
          const at = chance.next().value % (delayed.length + 1);
          for (const { key, value } of delayed.splice(0, at)) log.apply(key, value);
        }
        for (const { key, value } of audit.messages(true)) log.apply(key, value);
        for (const { key, value } of delayed) log.apply(key, value);
        const counts = producerSide(log.counts(), now).buckets;
        expect(new Map([...counts].map(([bucket, { total }]) => [bucket, total.count]))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('begin a new session before they would take too much memory, and lose nothing', () => {
    let sessions = 0;
    const audit = new ProducerAudit({ producer: 'p', host: 'h' }, () => String(sessions++).padStart(16, '0'), {
      cells: 0,
      bucketMs: 1,
    });
    const log = new AuditLog();
    for (let i = 0; i < 10_000; i++) {
      audit.stamp('t', { key: null, value: null, timestamp: i }, i);
      if (i % 5_000 === 4_999) for (const { key, value } of audit.messages()) log.apply(key, value);
    }
    expect(sessions).toBe(3);
    expect(log.counts()).toHaveLength(10_000);
    expect(new Set(log.counts().map(({ session }) => session)).size).toBe(3);
  });
});

describe('auditors', () => {
  const digests = new DigestedRecords();

  /** A log of one partition: batches of records, whose times wander. */
  const batches = fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 40 }),
      gap: fc.nat(3),
      stepMs: fc.integer({ min: -bucketMs, max: 2 * bucketMs }),
    }),
    { minLength: 1, maxLength: 60 },
  );

  function logOf(plan: readonly Readonly<{ count: number; gap: number; stepMs: number }>[]): {
    bytes: Buffer;
    end: number;
  } {
    const kernel = new RecordKernel();
    let [offset, time] = [0, 1_764_000_000_000];
    const parts = plan.map(({ count, gap, stepMs }, b) => {
      offset += gap;
      time += stepMs;
      const builder = new BatchBuilder();
      for (let i = 0; i < count; i++)
        builder.append(Buffer.from(`k${i}`), Buffer.from(`${b}/${i}`), time + i * 1_000, null);
      const { bytes } = builder.seal('none');
      bytes.writeBigInt64BE(BigInt(offset), 0);
      stampBatch(bytes, { id: -1, epoch: -1, sequence: -1 }, kernel);
      offset += count;
      return Buffer.from(bytes);
    });
    return { bytes: Buffer.concat(parts), end: offset };
  }

  type Topic = Map<string, Buffer>;

  /** Audits from where the topic says, and is killed before it reaches `until`; what it wrote of complete segments is in the topic. */
  function audit(bytes: Buffer, topic: Topic, until: number, step: number): SegmentRecord {
    const place = { cluster: 'c', tier: 't', topic: 'x', partition: 0 };
    const log = new AuditLog({ from: Infinity, to: Infinity }, true);
    for (const [key, value] of topic) log.apply(Buffer.from(key, 'latin1'), value);
    const { head } = startingPoint(log.topic(place)?.partitions.get(0), { start: 0, end: Infinity }, standardScheme);
    const account = new PartitionAccount(head, true, (segment) => {
      topic.set(
        encodeAuditKey({ kind: 'segment', ...place, segment: segment.from }).toString('latin1'),
        encodeSegment(segment),
      );
    });
    while (account.offset < until) {
      const stop = Math.min(account.offset + step, until);
      const fetched = { start: 0, end: bytes.length, aborted: [], logStartOffset: 0 };
      account.take(new FetchedRecords(bytes, fetched, 'here', account.offset, stop), digests);
    }
    topic.set(encodeAuditKey({ kind: 'head', ...place }).toString('latin1'), encodeSegment(account.head));
    return account.head;
  }

  it('that are killed anywhere, and two at once, leave the bytes of one that is not', () => {
    fc.assert(
      fc.property(
        batches,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 200 })), { maxLength: 5 }),
        (plan, kills) => {
          const { bytes, end } = logOf(plan);
          const [straight, shared]: [Topic, Topic] = [new Map(), new Map()];
          audit(bytes, straight, end, end);
          for (const [at, step] of kills) audit(bytes, shared, at % (end + 1), step);
          audit(bytes, shared, end, 7);
          audit(bytes, shared, end, 1_000); // a second one, which finds everything done
          expect([...shared].sort()).toEqual([...straight].sort());
        },
      ),
      { numRuns: 40 },
    );
  });

  it('cover the log with a chain of segments, none too large', () => {
    fc.assert(
      fc.property(batches, (plan) => {
        const { bytes, end } = logOf(plan);
        const topic: Topic = new Map();
        audit(bytes, topic, end, end);
        const log = new AuditLog();
        for (const [key, value] of topic) log.apply(Buffer.from(key, 'latin1'), value);
        const partition = log.topic({ cluster: 'c', tier: 't', topic: 'x' })!.partitions.get(0)!;
        const chain = chainOf(partition.complete.values(), partition.head)!;
        expect([chain.from, chain.to, chain.holes]).toEqual([0, end, []]);
        const counted = chain.segments.flatMap(({ buckets, gaps }) => [
          ...[...buckets.values()].map(({ count }) => count),
          ...gaps.map(({ from, to }) => to - from),
        ]);
        expect(counted.reduce((sum, each) => sum + each, 0)).toBe(end);
        for (const { buckets } of chain.segments) expect(buckets.size).toBeLessThanOrEqual(32);
      }),
      { numRuns: 40 },
    );
  });

  it('leave out a segment that lies over others, and see a hole', () => {
    const segment = (from: number, to: number) => ({
      scheme: standardScheme,
      from,
      to,
      gaps: [],
      buckets: new Map(),
      firstBucket: Infinity,
    });
    const bounds = (...list: [number, number][]) =>
      chainOf(
        list.map(([from, to]) => segment(from, to)),
        null,
      )!;
    expect(bounds([0, 10], [10, 20], [5, 30])).toMatchObject({ from: 0, to: 20, holes: [] });
    expect(bounds([0, 10], [12, 20])).toMatchObject({ to: 20, holes: [{ from: 10, to: 12 }] });
    expect(chainOf([segment(0, 10)], segment(4, 8))).toMatchObject({ to: 10, holes: [] });
  });
});

describe('tiers that are reconciled', () => {
  const timing = { now: 1e13, bucketMs, graceMs: 0, silentAfterMs: 1e13 };
  const digest = new RecordDigest();

  /** A tier of two partitions that holds record `id` as many times as `copies` says, in ascending order. */
  function tierOf(
    topic: string,
    copies: readonly (readonly [id: number, partition: number, count: number])[],
  ): TopicView {
    const key = { cluster: 'c', tier: 't', topic };
    const log = new AuditLog();
    for (const partition of [0, 1]) {
      let account = new BucketAccount(standardScheme);
      let offset = 0;
      const segments: SegmentRecord[] = [];
      for (const [id, place, count] of copies) {
        for (let copy = 0; copy < count && place === partition; copy++, offset++) {
          digest.readParts(Buffer.from(String(id)), null, new Map(), 5);
          account.add(digest, 5, -1);
        }
        if (account.count < 7) continue;
        const from = segments.at(-1)?.to ?? 0; // in several segments
        segments.push({ scheme: standardScheme, from, to: offset, gaps: [], buckets: new Map([[0, account]]) });
        account = new BucketAccount(standardScheme);
      }
      for (const segment of segments)
        log.apply(
          encodeAuditKey({ kind: 'segment', ...key, partition, segment: segment.from }),
          encodeSegment(segment),
        );
      const head = {
        scheme: standardScheme,
        from: segments.at(-1)?.to ?? 0,
        to: offset,
        gaps: [],
        buckets: new Map([[0, account]]),
      };
      log.apply(encodeAuditKey({ kind: 'head', ...key, partition }), encodeSegment(head));
    }
    log.apply(
      encodeAuditKey({ kind: 'watermark', ...key }),
      encodeWatermark({ time: 1e13, topicId: 'x', partitions: [] }),
    );
    return topicView(log.topic(key)!);
  }

  /** Ids by how many more the source has. */
  function differencesOf(finding: BucketFinding | undefined): Map<number, number> | null {
    if (finding === undefined) return new Map();
    if (finding.differences === null) return null;
    const ids = new Map(
      Array.from({ length: 60 }, (_, id) => {
        digest.readParts(Buffer.from(String(id)), null, new Map(), 5);
        return [`${digest.contentHigh}/${digest.contentLow}`, id] as const;
      }),
    );
    const found = new Map<number, number>();
    for (const { content, count } of finding.differences) {
      const id = ids.get(`${content.high}/${content.low}`)!;
      found.set(id, (found.get(id) ?? 0) + count);
    }
    return new Map([...found].filter(([, count]) => count !== 0));
  }

  const record = fc.record({ sources: fc.tuple(fc.nat(2), fc.nat(2)), target: fc.nat(4), partition: fc.nat(1) });

  it('differ by exactly the records of which one has more, whatever the counts say, also from several sources', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), fc.nat(60), (records, kept) => {
        const same = records.map(({ sources: [a, b], target }, id) => (id < kept ? a + b : target));
        const side = (of: (id: number) => number): TopicView =>
          tierOf(
            't',
            records.map(({ partition }, id) => [id, partition, of(id)] as const),
          );
        const joined = joinedSide([side((id) => records[id]!.sources[0]), side((id) => records[id]!.sources[1])]);
        const target = joinedSide([side((id) => same[id]!)]);
        const [finding] = reconcile(joined, target, timing);
        const expected = new Map(
          records.map(({ sources: [a, b] }, id) => [id, a + b - same[id]!] as const).filter(([, count]) => count !== 0),
        );
        const found = differencesOf(finding);
        if (found === null) expect(expected.size).toBeGreaterThan(20);
        else expect(new Map([...found].sort(([a], [b]) => a - b))).toEqual(expected);
        expect(finding?.state ?? 'closed').toBe('closed');
      }),
      { numRuns: 60 },
    );
  });

  it('that hold the same in another order, or in another partition, are found out by it', () => {
    const of = (...copies: [number, number][]): Side =>
      joinedSide([
        tierOf(
          't',
          copies.map(([id, partition]) => [id, partition, 1] as const),
        ),
      ]);
    const straight = of([1, 0], [2, 0], [3, 1]);
    expect(reconcile(straight, of([1, 0], [2, 0], [3, 1]), timing)).toMatchObject([{ differences: [], reordered: [] }]);
    expect(reconcile(straight, of([2, 0], [1, 0], [3, 1]), timing)).toMatchObject([
      { differences: [], reordered: [0] },
    ]);
    expect(reconcile(straight, of([1, 0], [2, 1], [3, 1]), timing)).toMatchObject([
      { differences: [], reordered: [0, 1] },
    ]);
  });
});

it('keys of the audit are read as they were written; those of another kind are passed over', () => {
  const topic = { cluster: 'dc1/tracking', tier: 'local', topic: 'a.b' };
  const keys = [
    { kind: 'segment', ...topic, partition: 3, segment: 70_000 },
    { kind: 'counter', producer: 'p', host: 'h', session: '00000000000000ff', topic: 't', bucket: -600_000 },
    { kind: 'watermark', ...topic },
    { kind: 'head', ...topic, partition: 300 },
    { kind: 'latency', ...topic, bucket: 600_000, auditor: 'a-1' },
  ] as const;
  for (const key of keys) expect(decodeAuditKey(encodeAuditKey(key))).toEqual(key);
  expect(decodeAuditKey(Buffer.from([99, 1, 2]))).toBeNull();
});
