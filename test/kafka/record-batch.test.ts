import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchBuilder, type RecordHeaders, stampBatch } from '../../src/kafka/batch-builder.ts';
import { BatchReader } from '../../src/kafka/batch-reader.ts';
import type { Compression } from '../../src/kafka/client-config.ts';
import { timestampOf } from '../../src/kafka/fetched-records.ts';
import { offsetBehind, readBatchHeader } from '../../src/kafka/record-batch.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';
import { RecordRun, readHeaders } from '../../src/kafka/record-run.ts';

type Record = Readonly<{
  offset: number;
  timestamp: number;
  key: string | null;
  value: string | null;
  headers: readonly (readonly [string, string | null])[];
}>;

const where = "topic 't', partition 0";
const reader = new BatchReader(true);
const run = new RecordRun();

function textOf(starts: Int32Array, ends: Int32Array, i: number): string | null {
  return starts[i]! < 0 ? null : Buffer.from(run.bytes.subarray(starts[i], ends[i])).toString();
}

function recordsOf(bytes: Buffer): Record[] {
  const header = readBatchHeader(bytes, 0, bytes.length, where)!;
  reader.read(bytes, header, run, where);
  return Array.from({ length: run.count }, (_, i) => ({
    offset: header.baseOffset + run.offsetDeltas[i]!,
    timestamp: timestampOf(header, run, i),
    key: textOf(run.keyStarts, run.keyEnds, i),
    value: textOf(run.valueStarts, run.valueEnds, i),
    headers: [...readHeaders(run.bytes, run.headerStarts[i]!)].map(
      ([name, value]) => [name, value === null ? null : Buffer.from(value).toString('hex')] as const,
    ),
  }));
}

/** What test/support/testbed/Produce.java wrote. */
function javaRecord(offset: number): Record {
  return {
    offset,
    timestamp: 1700000000000 + offset * 1000 - (offset === 5 ? 9000 : 0),
    key: offset % 3 === 0 ? null : `key-${offset % 4}`,
    value: offset === 7 ? null : `{"id":${offset},"text":"again and again and again"}`,
    headers:
      offset === 9
        ? [
            ['trace', '010203'],
            ['empty', null],
          ]
        : [],
  };
}

const golden = (codec: string): Buffer =>
  readFileSync(join(import.meta.dirname, '..', 'golden', 'kafka', `${codec}.batch`));

describe('a batch of the Java client', () => {
  it.each(['none', 'snappy', 'lz4', 'zstd'])('is read with compression %s', (codec) => {
    expect(recordsOf(golden(codec))).toEqual(Array.from({ length: 20 }, (_, i) => javaRecord(i)));
  });

  it('has one time for all with log append time', () => {
    const records = recordsOf(golden('gzip'));
    const time = readBatchHeader(golden('gzip'), 0, golden('gzip').length, where)!.maxTimestamp;
    expect(records).toEqual(Array.from({ length: 20 }, (_, i) => ({ ...javaRecord(i), timestamp: time })));
    expect(time).toBeGreaterThan(1_790_000_000_000);
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'is refused when any byte is damaged, with compression %s',
    (codec) => {
      const bytes = golden(codec);
      for (let at = 21; at < bytes.length; at++) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= 0x10;
        expect(() => recordsOf(damaged)).toThrow(/record batch at offset 0: expected CRC-32C 0x[0-9a-f]{8}, got 0x/);
      }
    },
  );

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'is an error or whole records when CRCs are not checked: %s',
    (codec) => {
      const lax = new BatchReader(false);
      const bytes = golden(codec);
      for (let at = 21; at < bytes.length; at++) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= 0xff;
        const header = readBatchHeader(damaged, 0, damaged.length, where)!;
        try {
          lax.read(damaged, header, run, where);
          expect(run.count).toBe(header.recordCount);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_RECORD' });
        }
      }
    },
  );

  it('is not there when it is cut', () => {
    const bytes = golden('lz4');
    for (let end = 0; end < bytes.length; end++) expect(readBatchHeader(bytes, 0, end, where)).toBeNull();
  });

  it('is passed over by its offsets, cut ones not', () => {
    const two = Buffer.concat([golden('lz4'), golden('zstd')]);
    two.writeBigInt64BE(100n, golden('lz4').length);
    expect(offsetBehind(two, 0, two.length, 0, where)).toBe(120);
    expect(offsetBehind(two, 0, two.length - 1, 0, where)).toBe(20);
    expect(offsetBehind(two, 0, 10, 7, where)).toBe(7);
  });

  it('of before Kafka 0.11 is refused by name', () => {
    const old = golden('none');
    old[16] = 1;
    expect(() => recordsOf(old)).toThrow(/expected a record batch of magic 2, got 1/);
  });

  it('with a length that is none is refused', () => {
    const bytes = golden('none');
    bytes.writeInt32BE(-5, 8);
    expect(() => recordsOf(bytes)).toThrow(/expected 61 bytes or more, its length says 7/);
  });
});

const kernel = new RecordKernel();
const compressions: readonly Compression[] = ['none', 'gzip', 'lz4', 'zstd'];

const text = fc.option(fc.string({ maxLength: 300, unit: 'grapheme' }), { nil: null });
const record = fc.record({
  key: text,
  value: text,
  timestamp: fc.oneof(fc.nat(), fc.integer({ min: 0, max: 2 ** 45 })),
  headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 9 }), fc.string({ maxLength: 200 }), { maxKeys: 3 }),
});

describe('a batch of ours', () => {
  it.each(compressions)('comes back as it was written, with compression %s', (compression) => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 200 }), (records) => {
        const builder = new BatchBuilder();
        const bytesOf = (value: string | null): Buffer | null => (value === null ? null : Buffer.from(value));
        for (const { key, value, timestamp, headers } of records) {
          const entries: RecordHeaders = new Map(Object.entries(headers));
          builder.append(bytesOf(key), bytesOf(value), timestamp, entries);
        }
        const { bytes, count } = builder.seal(compression);
        stampBatch(bytes, { id: 7, epoch: 1, sequence: 5 }, kernel);
        expect(count).toBe(records.length);
        const hex = (value: string): string => Buffer.from(value).toString('hex');
        expect(recordsOf(bytes)).toEqual(
          records.map((each, offset) => ({
            ...each,
            offset,
            headers: Object.entries(each.headers).map(([name, value]) => [name, hex(value)]),
          })),
        );
      }),
      { numRuns: 30 },
    );
  });
});
