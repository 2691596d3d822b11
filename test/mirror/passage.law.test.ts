import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchBuilder, type RecordHeaders, stampBatch } from '../../src/kafka/batch-builder.ts';
import { BatchReader } from '../../src/kafka/batch-reader.ts';
import { timestampOf } from '../../src/kafka/fetched-records.ts';
import { batchLayout, logAppendTimeBit, readBatchHeader, transactionalBit } from '../../src/kafka/record-batch.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';
import { RecordRun } from '../../src/kafka/record-run.ts';
import { Passage } from '../../src/mirror/passage.ts';
import { sourceOffset } from '../../src/model/offset-runs.ts';

const kernel = new RecordKernel();
const passage = new Passage();
const bytes = fc.option(fc.uint8Array({ maxLength: 40 }));
/** Pairs, not a map: names may repeat, which records may have. */
const headers = fc.array(fc.tuple(fc.constantFrom('a', 'b', ''), bytes), { maxLength: 3 });
const records = fc.array(
  fc.record({
    key: bytes,
    value: bytes,
    headers,
    timestamp: fc.integer({ min: 0, max: 2 ** 41 }),
    gap: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 30 },
);

type Given = Readonly<{
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: readonly (readonly [string, Uint8Array | null])[];
  timestamp: number;
  gap: number;
}>;

function batchOf(
  list: readonly Given[],
  compression: 'none' | 'lz4' | 'gzip' | 'zstd',
  base: number,
  attributes: number,
): Buffer {
  const builder = new BatchBuilder();
  let delta = -1;
  for (const { key, value, headers, timestamp, gap } of list) {
    delta += 1 + gap;
    builder.append(key, value, timestamp, headers as unknown as RecordHeaders, delta);
  }
  const { bytes: batch } = builder.seal(compression);
  batch.writeBigInt64BE(BigInt(base), 0);
  batch.writeInt16BE(batch.readInt16BE(batchLayout.attributes) | attributes, batchLayout.attributes);
  stampBatch(batch, { id: 7, epoch: 1, sequence: 3 }, kernel);
  return batch;
}

/** Records as a consumer sees them: offset, time, and the bytes of key, value and headers as they stand. */
function seen(batch: Buffer) {
  const header = readBatchHeader(batch, 0, batch.length, 'test')!;
  const run = new RecordRun();
  new BatchReader(true).read(batch, header, run, 'test');
  const hex = (from: number, to: number): string | null =>
    from < 0 ? null : Buffer.from(run.bytes.subarray(from, to)).toString('hex');
  return Array.from({ length: run.count }, (_, i) => ({
    offset: header.baseOffset + run.offsetDeltas[i]!,
    timestamp: timestampOf(header, run, i),
    key: hex(run.keyStarts[i]!, run.keyEnds[i]!),
    value: hex(run.valueStarts[i]!, run.valueEnds[i]!),
    headers: hex(run.headerStarts[i]!, run.headerEnd(i)),
  }));
}

describe('a batch on its way', () => {
  it('keeps every record that is wanted, byte for byte, and says where it lay', () => {
    fc.assert(
      fc.property(
        records,
        fc.constantFrom('none', 'lz4', 'gzip', 'zstd'),
        fc.nat(1_000),
        fc.boolean(),
        fc.boolean(),
        fc.nat(120),
        (list, compression, base, transactional, timed, cut) => {
          const attributes = (transactional ? transactionalBit : 0) | (timed ? logAppendTimeBit : 0);
          const batch = batchOf(list, compression, base, attributes);
          const header = readBatchHeader(batch, 0, batch.length, 'test')!;
          const from = base + Math.max(0, cut - 60);
          const wanted = seen(batch).filter(({ offset }) => offset >= from);
          const passed = passage.pass(batch, header, from, 'test');
          expect(passed === null).toBe(wanted.length === 0);
          if (passed === null) return;
          const copy = Buffer.from(passed.bytes);
          copy.writeBigInt64BE(0n, 0);
          const copied = seen(copy);
          const content = (all: typeof copied): unknown[] => all.map(({ offset, ...rest }) => rest);
          expect(content(copied)).toEqual(content(wanted));
          if (passed.rewritten) expect(copied.map(({ offset }) => offset)).toEqual(wanted.map((_, i) => i));
          expect(passed.count).toBe(wanted.length);
          expect(wanted.map((_, i) => sourceOffset(passed.stretches, i))).toEqual(wanted.map(({ offset }) => offset));
          expect(passed.attributes & (transactionalBit | logAppendTimeBit)).toBe(0);
          // As it stands it goes through only where a broker takes it.
          const plain = !timed && from <= base && list.every(({ gap }) => gap === 0);
          expect(passed.rewritten).toBe(!plain);
        },
      ),
    );
  });

  it('whose records compaction has taken away leaves nothing', () => {
    const batch = batchOf([{ key: null, value: null, headers: [], timestamp: 0, gap: 0 }], 'none', 5, 0);
    const header = { ...readBatchHeader(batch, 0, batch.length, 'test')!, recordCount: 0 };
    expect(passage.pass(batch, header, 5, 'test')).toBeNull();
  });
});
