import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash64Text } from '../../src/audit/hash64.ts';
import { encodeIdentity } from '../../src/audit/identity-header.ts';
import { RecordDigest, sequenceOf, sessionIdentity } from '../../src/audit/record-hash.ts';
import { BatchBuilder, type RecordHeaders } from '../../src/kafka/batch-builder.ts';
import { batchLayout } from '../../src/kafka/record-batch.ts';
import { RecordRun } from '../../src/kafka/record-run.ts';
import { auditHeader } from '../../src/model/audit.ts';

type Parts = Readonly<{
  key: string | null;
  value: string | null;
  headers: [string, string | null][];
  timestamp: number;
}>;

const session = '00c0ffee12345678';
const named = (sequence: number): Uint8Array =>
  encodeIdentity({ time: 1_764_000_000_123, producer: 'checkout', host: 'web-07', session, sequence });

function digestOf(
  headers: RecordHeaders,
  key: string | null = 'k',
  value: string | null = 'v',
  timestamp = 1_764_000_000_123,
) {
  const digest = new RecordDigest();
  const bytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text));
  digest.readParts(bytes(key), bytes(value), headers, timestamp);
  return {
    content: hash64Text(digest.contentHigh, digest.contentLow),
    identity: hash64Text(digest.identityHigh, digest.identityLow),
    named: digest.named,
    time: digest.nameTime,
    size: digest.size,
  };
}

// These are in records that are kept: a change here makes every audit record of before another scheme's.
describe('vectors', () => {
  it.each([
    ['key and value', digestOf(new Map()), 'e4791bb6c0398af0', 'e4791bb6c0398af0'],
    ['nothing', digestOf(new Map(), null, null, -1), 'fa7f8dde15cc8890', 'fa7f8dde15cc8890'],
    [
      'headers',
      digestOf(
        new Map([
          ['a', 'b'],
          ['c', null],
        ]),
      ),
      '7446d8d2ebdf1108',
      '7446d8d2ebdf1108',
    ],
    ['a name', digestOf(new Map([[auditHeader, named(7)]])), '807c87b3d257bef8', '3a79419c0b069c97'],
  ])('%s', (_, digest, content, identity) => {
    expect(digest.content).toBe(content);
    expect(digest.identity).toBe(identity);
  });
});

const text = fc.option(fc.string({ unit: 'binary', maxLength: 9 }));
const parts: fc.Arbitrary<Parts> = fc.record({
  key: text,
  value: text,
  headers: fc.uniqueArray(fc.tuple(fc.string({ maxLength: 4 }), text), { maxLength: 3, selector: ([name]) => name }),
  timestamp: fc.integer({ min: -1, max: 2 ** 42 }),
});

it('is that of the content alone: not of the place in a batch', () => {
  fc.assert(
    fc.property(fc.array(parts, { minLength: 1, maxLength: 6 }), (records) => {
      const builder = new BatchBuilder();
      const bytes = (value: string | null): Buffer | null => (value === null ? null : Buffer.from(value));
      for (const each of records) {
        builder.append(bytes(each.key), bytes(each.value), each.timestamp, new Map(each.headers));
      }
      const batch = builder.seal('none').bytes;
      const run = new RecordRun();
      expect(run.walk(batch, batchLayout.records, batch.length, records.length)).toBeNull();
      const digest = new RecordDigest();
      records.forEach(({ key, value, headers, timestamp }, i) => {
        digest.read(run, i, timestamp);
        const alone = digestOf(new Map(headers), key, value, timestamp);
        expect(hash64Text(digest.contentHigh, digest.contentLow)).toBe(alone.content);
        expect(digest.size).toBe(Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? ''));
      });
    }),
  );
});

it('is another for other content', () => {
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      fc.pre(JSON.stringify(a) !== JSON.stringify(b));
      const content = ({ key, value, headers, timestamp }: Parts): string =>
        digestOf(new Map(headers), key, value, timestamp).content;
      expect(content(a)).not.toBe(content(b));
    }),
  );
});

describe('a name', () => {
  it('stays when the content changes, and is of one session and sequence', () => {
    const before = digestOf(new Map([[auditHeader, named(7)]]));
    const after = digestOf(new Map([[auditHeader, named(7)]]), 'k', 'w');
    expect(after.identity).toBe(before.identity);
    expect(after.content).not.toBe(before.content);
    expect(before).toMatchObject({ named: true, time: 1_764_000_000_123, size: 2 });
    expect(digestOf(new Map([[auditHeader, named(8)]])).identity).not.toBe(before.identity);
  });

  it('is not in a header of garbage', () => {
    const digest = digestOf(new Map([[auditHeader, 'garbage']]));
    expect(digest).toMatchObject({ named: false, identity: digest.content, time: -1 });
  });

  it('gives its sequence back to who knows the session', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 }), fc.integer({ min: 1, max: 2 ** 40 }), (sequence, more) => {
        const digest = new RecordDigest();
        digest.readParts(null, null, new Map([[auditHeader, named(sequence)]]), 0);
        const identity = { high: digest.identityHigh, low: digest.identityLow };
        const start = sessionIdentity({ producer: 'checkout', session });
        expect(sequenceOf(identity, start, sequence + more)).toBe(sequence);
        expect(sequenceOf(identity, start, sequence)).toBeNull();
        expect(sequenceOf(identity, sessionIdentity({ producer: 'other', session }), 2 ** 47)).toBeNull();
      }),
    );
  });
});
