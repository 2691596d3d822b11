import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Lockstep } from '../../src/audit/compare/lockstep.ts';
import { orderedRuns } from '../../src/audit/compare/match-runs.ts';
import type { BatchSource, LogBatch } from '../../src/audit/compare/partition-log.ts';
import { RecordCursor, silent } from '../../src/audit/compare/record-cursor.ts';
import { BatchBuilder, stampBatch } from '../../src/kafka/batch-builder.ts';
import { batchLayout, readBatchHeader } from '../../src/kafka/record-batch.ts';
import { RecordKernel } from '../../src/kafka/record-kernel.ts';

// Two logs of numbers, cut into batches anyhow, against what a person would find with the whole of both before them.

const kernel = new RecordKernel();

function logOf(numbers: readonly number[], batchSizes: readonly number[], compression: 'none' | 'lz4'): BatchSource {
  const batches: LogBatch[] = [];
  for (let at = 0, i = 0; at < numbers.length; i++) {
    const part = numbers.slice(at, at + batchSizes[i % batchSizes.length]!);
    const builder = new BatchBuilder();
    for (const number of part) builder.append(null, Buffer.from(String(number)), number % 1000, null);
    const { bytes } = builder.seal(compression);
    stampBatch(bytes, { id: at, epoch: 0, sequence: at }, kernel);
    bytes.writeBigInt64BE(BigInt(at), batchLayout.baseOffset);
    batches.push({ bytes, header: readBatchHeader(bytes, 0, bytes.length, 'test')!, kind: 'data' });
    at += part.length;
  }
  return { where: 'test', next: async () => batches.shift() ?? null };
}

const everyTime = { from: -Infinity, to: Infinity };

async function compare(source: readonly number[], target: readonly number[], sizes: readonly number[][], lz4: boolean) {
  const cursor = (numbers: readonly number[], batchSizes: readonly number[]): RecordCursor => {
    const log = logOf(numbers, batchSizes, lz4 ? 'lz4' : 'none');
    return new RecordCursor(0, log, 0, numbers.length, everyTime, silent);
  };
  const lockstep = new Lockstep(cursor(source, sizes[0]!), cursor(target, sizes[1]!), 'test');
  await lockstep.run();
  const { kept, moved } = orderedRuns(lockstep.runs.runs);
  return {
    missing: lockstep.missing().map(({ offset }) => source[offset]!),
    extra: lockstep.extra().map(({ offset }) => target[offset]!),
    keptCount: kept.reduce((sum, { length }) => sum + length, 0),
    movedCount: moved.reduce((sum, { length }) => sum + length, 0),
    matched: lockstep.runs.matched,
    pairs: lockstep.runs.runs.every((run) =>
      Array.from({ length: run.length }, (_, i) => source[run.source.index + i] === target[run.target.index + i]).every(
        Boolean,
      ),
    ),
  };
}

type Edit = Readonly<{ kind: 'drop' | 'double' | 'swap' | 'change' | 'move'; at: number; to: number }>;

function edited(numbers: readonly number[], edits: readonly Edit[]): number[] {
  const result = [...numbers];
  for (const { kind, at: rawAt, to: rawTo } of edits) {
    if (result.length === 0) break;
    const [at, to] = [rawAt % result.length, rawTo % result.length];
    if (kind === 'drop') result.splice(at, 1);
    if (kind === 'double') result.splice(to, 0, result[at]!);
    if (kind === 'swap') [result[at], result[to]] = [result[to]!, result[at]!];
    if (kind === 'change') result[at] = 1_000_000 + at;
    if (kind === 'move') result.splice(to, 0, ...result.splice(at, 1));
  }
  return result;
}

/** What `a` has more often than `b`. */
function surplus(a: readonly number[], b: readonly number[]): number[] {
  const left = new Map<number, number>();
  for (const each of b) left.set(each, (left.get(each) ?? 0) + 1);
  const rest = a.filter((each) => {
    const count = left.get(each) ?? 0;
    left.set(each, count - 1);
    return count <= 0;
  });
  return rest.sort((x, y) => x - y);
}

/** The length of the longest common subsequence. */
function commonLength(a: readonly number[], b: readonly number[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const next = [0];
    for (const [j, y] of b.entries()) next.push(x === y ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row.at(-1)!;
}

const edit = fc.record<Edit>({
  kind: fc.constantFrom('drop', 'double', 'swap', 'change', 'move'),
  at: fc.nat(200),
  to: fc.nat(200),
});
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
const batching = fc.oneof(
  sizes.map((same) => [same, same]),
  fc.tuple(sizes, sizes),
);

it('finds what the sides have more of, whatever was done to the target and however it is batched', async () => {
  const numbers = fc.array(fc.nat(40), { maxLength: 120 });
  await fc.assert(
    fc.asyncProperty(
      numbers,
      fc.array(edit, { maxLength: 8 }),
      batching,
      fc.boolean(),
      async (source, edits, cut, lz4) => {
        const target = edited(source, edits);
        const found = await compare(source, target, cut, lz4);
        expect(found.missing.sort((a, b) => a - b)).toEqual(surplus(source, target));
        expect(found.extra.sort((a, b) => a - b)).toEqual(surplus(target, source));
        expect(found.pairs).toBe(true);
        expect(found.matched).toBe(source.length - found.missing.length);
      },
    ),
    { numRuns: 300 },
  );
});

it('finds the fewest records whose moving explains the order, where no two records are alike', async () => {
  const numbers = fc.uniqueArray(fc.nat(5_000), { maxLength: 60 });
  const moves = fc.array(
    edit.filter(({ kind }) => kind !== 'double'),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(numbers, moves, batching, async (source, edits, cut) => {
      const target = edited(source, edits);
      const found = await compare(source, target, cut, false);
      expect(found.keptCount).toBe(commonLength(source, target));
      expect(found.movedCount).toBeGreaterThanOrEqual(found.matched - found.keptCount);
    }),
    { numRuns: 200 },
  );
});

it('keeps nothing back where both are the same', async () => {
  const numbers = Array.from({ length: 5_000 }, (_, i) => i % 700);
  for (const cut of [
    [[100], [100]],
    [[100], [33]],
  ]) {
    const found = await compare(numbers, numbers, cut, true);
    expect(found).toMatchObject({ missing: [], extra: [], movedCount: 0, matched: 5_000, keptCount: 5_000 });
  }
});

it('takes what came late as partner of what is missing, and nothing else', async () => {
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  const cursor = (log: readonly number[]): RecordCursor =>
    new RecordCursor(0, logOf(log, [10], 'none'), 0, log.length, everyTime, silent);
  const target = numbers.slice(0, 90).toSpliced(5, 1);
  const lockstep = new Lockstep(cursor(numbers), cursor(target), 'test');
  await lockstep.run();
  expect(lockstep.missingCount).toBe(11);
  expect(await lockstep.late(cursor([...numbers.slice(90, 99), 7, 500, 501]))).toHaveLength(9);
  expect(lockstep.missing().map(({ offset }) => offset)).toEqual([5, 99]);
  expect(lockstep.extra()).toEqual([]);
  expect(orderedRuns(lockstep.runs.runs).moved).toEqual([]);
});

it('says when more differs than it may keep', async () => {
  const cursor = (from: number): RecordCursor => {
    const numbers = Array.from({ length: 100 }, (_, i) => from + i);
    return new RecordCursor(0, logOf(numbers, [10], 'none'), 0, 100, everyTime, silent);
  };
  await new Lockstep(cursor(0), cursor(50), 'test', 100).run();
  const lockstep = new Lockstep(cursor(0), cursor(1_000), 'test', 100);
  await expect(lockstep.run()).rejects.toMatchObject({ code: 'LIMIT' });
});

it('takes no longer over records that are all alike', async () => {
  const [ones, twos] = [new Array<number>(30_000).fill(1), new Array<number>(30_000).fill(2)];
  const found = await compare([...ones, ...twos], [...twos, ...ones], [[1_000], [1_000]], false);
  expect(found).toMatchObject({ missing: [], extra: [], matched: 60_000, keptCount: 30_000 });
});
