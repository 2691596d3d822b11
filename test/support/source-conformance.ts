import { afterEach, describe, expect, it } from 'vitest';
import type { ColumnBatch } from '../../src/model/column.ts';
import type { SourceReader, SourceSplit, SplitEnumerator } from '../../src/model/source.ts';

/**
 * The source contract, for every bounded source: enumerators deal splits to readers that are stopped between any two polls, and others
 * go on from what they had snapshot. Together they have to give every row once, split by split in the same order.
 */
export type SourceUnderTest = Readonly<{
  enumerator(): SplitEnumerator;
  reader(): SourceReader;
  /** A row of a batch as a text that tells it from the others. */
  rowOf(batch: ColumnBatch, row: number): string;
}>;

const maxPolls = 10_000;
const pollMs = 20;
const parallelism = 2;

type Rows = Map<string, string[]>;

/** Polls until the end or until `batches` have come. True: the end. */
async function read(source: SourceUnderTest, reader: SourceReader, rows: Rows, batches = Infinity): Promise<boolean> {
  let seen = 0;
  for (let polls = 0; polls < maxPolls; polls++) {
    if (seen >= batches) return false;
    const output = await reader.poll(pollMs);
    if (output.kind === 'end') return true;
    if (output.kind !== 'batch') continue;
    seen++;
    const { splitId, batch } = output;
    const list = rows.get(splitId) ?? [];
    for (let row = 0; row < batch.length; row++) list.push(source.rowOf(batch, row));
    rows.set(splitId, list);
  }
  throw new Error(`the source did not end in ${maxPolls} polls`);
}

/** Through JSON, as checkpoints keep them. */
function stored(splits: readonly SourceSplit[]): SourceSplit[] {
  return JSON.parse(JSON.stringify(splits)) as SourceSplit[];
}

/** `create` makes a source over data that stay the same. It must have several splits, and batches of few rows. */
export function describeSource(name: string, create: () => SourceUnderTest): void {
  describe(`${name}, as a source`, () => {
    const open: { close(): Promise<void> }[] = [];

    afterEach(async () => {
      await Promise.all(open.splice(0).map((part) => part.close()));
    });

    function opened<T extends { close(): Promise<void> }>(part: T): T {
      open.push(part);
      return part;
    }

    async function splitsOf(source: SourceUnderTest, restored: readonly SourceSplit[] | null): Promise<SourceSplit[]> {
      const enumerator = opened(source.enumerator());
      return stored(await enumerator.start(restored));
    }

    function readerOf(source: SourceUnderTest, splits: readonly SourceSplit[]): SourceReader {
      const reader = opened(source.reader());
      reader.addSplits(splits);
      reader.noMoreSplits();
      return reader;
    }

    async function straight(source: SourceUnderTest): Promise<Rows> {
      const rows: Rows = new Map();
      await read(source, readerOf(source, await splitsOf(source, null)), rows);
      return rows;
    }

    it('gives the same splits and rows again and again, and says that all have ended', async () => {
      const source = create();
      const splits = await splitsOf(source, null);
      expect(splits.length).toBeGreaterThan(1);
      expect(await splitsOf(source, null)).toEqual(splits);
      const reader = readerOf(source, splits);
      const rows: Rows = new Map();
      expect(await read(source, reader, rows)).toBe(true);
      expect([...rows.values()].flat().length).toBeGreaterThan(splits.length);
      expect(rows).toEqual(await straight(source));
      expect([...reader.endedSplits()].sort()).toEqual(splits.map(({ id }) => id).sort());
      expect(
        reader
          .snapshot()
          .map(({ id }) => id)
          .sort(),
      ).toEqual(splits.map(({ id }) => id).sort());
      expect(reader.lag().every(({ records }) => records === 0)).toBe(true);
    });

    it('loses and doubles nothing, wherever it is stopped and restored', async () => {
      const source = create();
      const expected = await straight(source);
      const total = await batchCount(source);
      for (let stop = 0; stop <= total; stop += 1 + Math.floor(total / 12)) {
        const rows: Rows = new Map();
        const first = readerOf(source, await splitsOf(source, null));
        await read(source, first, rows, stop);
        const splits = await splitsOf(source, stored(first.snapshot()));
        await first.close();
        expect(await read(source, readerOf(source, splits), rows)).toBe(true);
        expect(rows, `stopped after ${stop} batches`).toEqual(expected);
      }
    });

    async function batchCount(source: SourceUnderTest): Promise<number> {
      const reader = readerOf(source, await splitsOf(source, null));
      let count = 0;
      while (!(await read(source, reader, new Map(), 1))) count++;
      return count;
    }

    it('loses and doubles nothing when its splits go to other readers', async () => {
      const source = create();
      const expected = await straight(source);
      const rows: Rows = new Map();
      const first = readerOf(source, await splitsOf(source, null));
      await read(source, first, rows, 2);
      const enumerator = opened(source.enumerator());
      const splits = stored(await enumerator.start(stored(first.snapshot())));
      for (let subtask = 0; subtask < parallelism; subtask++) {
        const own = splits.filter((split) => enumerator.assign(split, parallelism) === subtask);
        expect(await read(source, readerOf(source, own), rows)).toBe(true);
      }
      expect(rows).toEqual(expected);
    });

    it('deals every split to one subtask, the same every time', async () => {
      const source = create();
      const enumerator = opened(source.enumerator());
      const splits = await enumerator.start(null);
      for (const split of splits) {
        const subtask = enumerator.assign(split, parallelism);
        expect([0, 1]).toContain(subtask);
        expect(opened(source.enumerator()).assign(split, parallelism)).toBe(subtask);
      }
    });

    it('waits while splits may still come, and takes them late', async () => {
      const source = create();
      const [first, ...others] = await splitsOf(source, null);
      const reader = opened(source.reader());
      const rows: Rows = new Map();
      expect((await reader.poll(1)).kind).toBe('none');
      reader.addSplits([first!]);
      while (!reader.endedSplits().includes(first!.id)) await readOnce(source, reader, rows);
      expect((await reader.poll(1)).kind).toBe('none');
      reader.addSplits(others);
      reader.noMoreSplits();
      expect(await read(source, reader, rows)).toBe(true);
      expect(rows).toEqual(await straight(source));
    });

    async function readOnce(source: SourceUnderTest, reader: SourceReader, rows: Rows): Promise<void> {
      const output = await reader.poll(pollMs);
      if (output.kind !== 'batch') return;
      const list = rows.get(output.splitId) ?? [];
      for (let row = 0; row < output.batch.length; row++) list.push(source.rowOf(output.batch, row));
      rows.set(output.splitId, list);
    }

    it('ends at once without splits', async () => {
      const reader = readerOf(create(), []);
      expect((await reader.poll(1)).kind).toBe('end');
    });

    it('is woken from a long wait, and closed during one', async () => {
      const source = create();
      const reader = opened(source.reader());
      const woken = reader.poll(60_000);
      reader.wake();
      expect((await woken).kind).toBe('none');
      const closed = reader.poll(60_000);
      await reader.close();
      expect((await closed).kind).toBe('none');
    });
  });
}
