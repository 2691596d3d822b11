import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BucketAccount, bucketStart } from '../../src/audit/bucket-account.ts';
import { DifferenceTable } from '../../src/audit/difference-table.ts';
import { EntryHash } from '../../src/audit/entry-hash.ts';
import { LatencySketch } from '../../src/audit/latency-sketch.ts';
import { RecordDigest } from '../../src/audit/record-hash.ts';
import { decodeSegment, decodeSegmentKey, encodeSegment, encodeSegmentKey } from '../../src/audit/segment-record.ts';

type Event = Readonly<{ id: number; value: string; time: number; latency: number }>;

const scheme = { cells: 80, bucketMs: 600_000 };
const event: fc.Arbitrary<Event> = fc.record({
  id: fc.nat(30),
  value: fc.constantFrom('a', 'b'),
  time: fc.integer({ min: -1, max: 2 ** 41 }),
  latency: fc.integer({ min: -1, max: 100_000 }),
});

function account(events: readonly Event[]): BucketAccount {
  const made = new BucketAccount(scheme);
  const digest = new RecordDigest();
  for (const { id, value, time, latency } of events) {
    digest.readParts(Buffer.from(String(id)), Buffer.from(value), new Map(), time);
    made.add(digest, time, latency);
  }
  return made;
}

function bytesOf(one: BucketAccount): string {
  return encodeSegment({ scheme, from: 0, to: 1, gaps: [], buckets: new Map([[0, one]]) }).toString('hex');
}

describe('an account', () => {
  it('of parts, appended, is that of the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.array(event, { maxLength: 8 }), { maxLength: 5 }), (parts) => {
        const joined = account([]);
        for (const part of parts) joined.append(account(part));
        expect(bytesOf(joined)).toBe(bytesOf(account(parts.flat())));
      }),
    );
  });

  it('does not depend on order, but for its hash of order', () => {
    const shuffled = fc
      .array(event, { minLength: 1, maxLength: 12 })
      .chain((events) =>
        fc.tuple(
          fc.constant(events),
          fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([events, others]) => {
        const [a, b] = [account(events), account(others)];
        const same = events.every(({ id, value, time }, i) => {
          const other = others[i]!;
          return id === other.id && value === other.value && time === other.time;
        });
        expect(a.order.equals(b.order)).toBe(same);
        [b.order.high, b.order.low] = [a.order.high, a.order.low];
        expect(bytesOf(b)).toBe(bytesOf(a));
      }),
    );
  });

  it('sees one lost and another doubled, which a count does not', () => {
    const events = Array.from({ length: 100 }, (_, id) => ({ id, value: 'a', time: id, latency: 0 }));
    const damaged = events.map((each) => (each.id === 40 ? events[60]! : each));
    const [source, target] = [account(events), account(damaged)];
    expect(target.count).toBe(source.count);
    expect(target.sum.equals(source.sum)).toBe(false);
  });

  it('sees any two of ten thousand swapped', () => {
    const swapped = fc.tuple(fc.nat(9_999), fc.nat(9_999)).filter(([a, b]) => a !== b);
    const events = Array.from({ length: 10_000 }, (_, id) => ({ id, value: 'a', time: 0, latency: -1 }));
    const straight = account(events);
    fc.assert(
      fc.property(swapped, ([a, b]) => {
        const others = events.with(a, events[b]!).with(b, events[a]!);
        expect(account(others).order.equals(straight.order)).toBe(false);
      }),
      { numRuns: 5 },
    );
  });

  it('begins buckets at whole multiples, before 1970 too', () => {
    expect([0, 599_999, 600_000, -1].map((time) => bucketStart(time, 600_000))).toEqual([0, 0, 600_000, -600_000]);
  });
});

type Multiset = ReadonlyMap<number, number>;

/** A table with the numbers in it; `content` of a number is another number. */
function tableOf(numbers: Multiset, cells = 80): DifferenceTable {
  const table = new DifferenceTable(cells);
  const entry = new EntryHash();
  for (const [number, count] of numbers) {
    entry.set(Math.imul(number, 0x9e3779b1), number, ~number, Math.imul(number, 7));
    for (let i = 0; i < count; i++) table.add(entry);
  }
  return table;
}

describe('a table of differences', () => {
  const counts = fc.array(fc.tuple(fc.integer(), fc.integer({ min: 1, max: 4 })), { maxLength: 12 });
  const shared = fc.array(fc.integer(), { maxLength: 300 });

  it('decodes exactly what one side has more often than the other', () => {
    fc.assert(
      fc.property(counts, counts, shared, (ours, theirs, both) => {
        const [left, right] = [new Map<number, number>(), new Map<number, number>()];
        for (const [number, count] of ours) left.set(number, (left.get(number) ?? 0) + count);
        for (const [number, count] of theirs) right.set(number, (right.get(number) ?? 0) + count);
        for (const side of [left, right]) for (const n of both) side.set(n, (side.get(n) ?? 0) + 1);
        const difference = tableOf(left, 128);
        difference.subtract(tableOf(right, 128));
        const found = difference.decode();
        const expected = [...new Set([...left.keys(), ...right.keys()])]
          .map((number) => [number, (left.get(number) ?? 0) - (right.get(number) ?? 0)] as const)
          .filter(([, count]) => count !== 0);
        expect(found).not.toBeNull();
        expect(new Map(found!.map(({ identity, count }) => [identity.low, count]))).toEqual(new Map(expected));
        for (const { identity, content } of found!) expect(content.high).toBe(~identity.low);
      }),
      { numRuns: 60 },
    );
  });

  it('says when there is too much, and never tells part of it', () => {
    const refused = new Map<number, number>();
    for (let seed = 0; seed < 20; seed++) {
      for (const size of [20, 70, 150, 5_000]) {
        const numbers = Array.from({ length: size }, (_, i) => seed * 1_000_003 + i * 17);
        const found = tableOf(new Map(numbers.map((number) => [number, 1]))).decode();
        if (found === null) refused.set(size, (refused.get(size) ?? 0) + 1);
        else expect(found.map(({ identity }) => identity.low).sort((a, b) => a - b)).toEqual(numbers);
      }
    }
    expect(refused.get(20) ?? 0).toBeLessThanOrEqual(1); // of 80 cells; one in a thousand is refused
    expect([refused.get(150), refused.get(5_000)]).toEqual([20, 20]);
  });

  it('keeps sums beyond 64 bits', () => {
    const difference = tableOf(new Map([[-1, 70_000]]));
    difference.subtract(tableOf(new Map([[-1, 3]])));
    expect(difference.decode()).toMatchObject([{ identity: { low: -1 }, count: 69_997 }]);
  });

  it('merges', () => {
    const table = tableOf(
      new Map([
        [1, 1],
        [2, 2],
      ]),
    );
    table.merge(
      tableOf(
        new Map([
          [2, 1],
          [3, 1],
        ]),
      ),
    );
    expect(table.words).toEqual(
      tableOf(
        new Map([
          [1, 1],
          [2, 3],
          [3, 1],
        ]),
      ).words,
    );
  });

  it('is compared with one of its size only', () => {
    expect(() => new DifferenceTable(80).subtract(new DifferenceTable(84))).toThrow('tables of 80 and 84 cells');
    expect(() => new DifferenceTable(81)).toThrow('expected a multiple of 4');
  });
});

describe('a sketch of latencies', () => {
  it('has every quantile within 1 %', () => {
    const latencies = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, quantile) => {
        const sketch = new LatencySketch();
        for (const value of values) sketch.add(value);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(Math.ceil(quantile * sorted.length), 1) - 1]!;
        expect(Math.abs(sketch.quantile(quantile)! - exact)).toBeLessThanOrEqual(exact * 0.01);
      }),
    );
  });

  it('holds what is out of range at its ends', () => {
    const sketch = new LatencySketch();
    expect(sketch.quantile(0.5)).toBeNull();
    for (const value of [-5, 1e15]) sketch.add(value);
    expect([sketch.quantile(0), sketch.quantile(1)! / 2 ** 31]).toEqual([0, expect.closeTo(1, 2)]);
  });
});

describe('the record of a segment', () => {
  const key = { cluster: 'dc1', tier: 'aggregate', topic: 'tracking.page-views', partition: 11, segment: 70_000 };
  const gaps = [
    { cause: 'control', from: 65_540, to: 65_541 },
    { cause: 'compaction', from: 65_550, to: 65_600 },
  ] as const;

  it('is read back to the same bytes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -3, max: 1e7 }), { maxLength: 4 }),
        fc.array(event, { minLength: 1 }),
        (starts, events) => {
          const buckets = new Map(starts.map((start) => [start * scheme.bucketMs, account(events)]));
          const record = { scheme, from: 65_536, to: 65_700, gaps, buckets };
          const bytes = encodeSegment(record);
          const read = decodeSegment(bytes);
          expect(read).toMatchObject({ scheme, from: 65_536, to: 65_700, gaps });
          expect([...read.buckets.keys()]).toEqual([...buckets.keys()].sort((a, b) => a - b));
          expect(encodeSegment(read)).toEqual(bytes);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has these bytes', () => {
    const made = account([{ id: 7, value: 'a', time: 1_764_000_000_123, latency: 250 }]);
    const buckets = new Map([[1_764_000_000_000, made]]);
    const bytes = encodeSegment({ scheme: { cells: 80, bucketMs: 600_000 }, from: 1, to: 300, gaps, buckets });
    expect(bytes.length).toBe(2_560 + 53);
    expect(bytes.subarray(0, 53).toString('hex')).toBe(
      '0150c0cf2401ac02020284800401008e80043201c0f1e6020102f6a1bfe9d6660015d6eac5dd09a77a15d6eac5dd09a77a01bd0101',
    );
    expect(encodeSegmentKey(key).toString('hex')).toBe(
      '01036463310961676772656761746513747261636b696e672e706167652d76696577730bf0a204',
    );
  });

  it('has a key that is read back', () => {
    expect(decodeSegmentKey(encodeSegmentKey(key))).toEqual(key);
  });

  it('leaves empty buckets out', () => {
    const record = { scheme, from: 0, to: 9, gaps: [], buckets: new Map([[0, account([])]]) };
    expect(decodeSegment(encodeSegment(record)).buckets.size).toBe(0);
  });

  it('is BAD_RECORD when it is damaged or of another version, never garbage', () => {
    const whole = encodeSegment({ scheme, from: 0, to: 9, gaps, buckets: new Map([[0, account([])]]) });
    const refused = { code: 'BAD_RECORD' };
    expect(() => decodeSegment(Uint8Array.from([9, ...whole.subarray(1)]))).toThrow(expect.objectContaining(refused));
    expect(() => decodeSegment(Buffer.concat([whole, whole]))).toThrow(expect.objectContaining(refused));
    for (let end = 0; end < whole.length; end++) {
      expect(() => decodeSegment(whole.subarray(0, end))).toThrow(expect.objectContaining(refused));
    }
  });
});
