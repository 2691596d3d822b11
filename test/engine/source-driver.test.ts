import { describe, expect, it } from 'vitest';
import type { FanOut } from '../../src/engine/fan-out.ts';
import { SourceDriver } from '../../src/engine/source-driver.ts';
import type { ColumnBatch } from '../../src/model/column.ts';
import { columnRef } from '../../src/model/expression.ts';
import type { ReaderOutput, SourceReader } from '../../src/model/source.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type Field, types } from '../../src/model/types.ts';
import { batchOfRows } from '../support/operator-harness.ts';
import { testSession } from '../support/sql-expressions.ts';

const fields: readonly Field[] = [{ name: 't', type: types.timestamp(3) }];

/** Gives a batch with one rowtime at each poll. */
function readerOf(times: readonly (number | null)[], pool: StringPool): SourceReader {
  const left = [...times];
  return {
    addSplits: () => {},
    noMoreSplits: () => {},
    poll: async (): Promise<ReaderOutput> => {
      const time = left.shift();
      if (time === undefined) return { kind: 'none' };
      return { kind: 'batch', splitId: 's', batch: batchOfRows(fields, [[time]], { pool }) };
    },
    wake: () => {},
    snapshot: () => [],
    endedSplits: () => [],
    lag: () => [],
    close: async () => {},
  };
}

describe('a source that waits for others', () => {
  it('goes on saying its watermark: the others wait for that', async () => {
    const pool = new StringPool();
    let now = 0;
    const said: (number | string)[] = [];
    const output = {
      emitBatch: () => said.push('batch'),
      emitWatermark: (watermark: number) => said.push(watermark),
      emitIdle: () => {},
      emitEnd: () => {},
    } as unknown as FanOut;
    const expression = columnRef(0, types.timestamp(3));
    const watermark = {
      expression,
      rowtime: expression,
      intervalMs: 200,
      idleTimeoutMs: null,
      alignment: null,
      nullRowtime: 'fail',
    } as const;
    const driver = new SourceDriver({
      spec: { table: 't', fields, watermark },
      reader: readerOf([5, 1_000, 1_001], pool),
      output,
      session: testSession,
      pool,
      monotonic: () => now,
      wake: () => {},
      letters: () => ({}),
      fail: (error) => {
        throw error;
      },
    });
    const step = async (atMs: number): Promise<void> => {
      now = atMs;
      driver.step(true);
      await Promise.resolve().then(() => {});
    };
    for (const atMs of [0, 200]) await step(atMs);
    driver.align(105);
    await step(210);
    expect(said).toEqual(['batch', 5, 'batch']);
    for (const atMs of [300, 399, 500, 800]) await step(atMs);
    expect(said).toEqual(['batch', 5, 'batch', 1_000]);
    driver.align(2_000);
    for (const atMs of [810, 820]) await step(atMs);
    expect(said.at(-1)).toBe('batch');
  });
});

describe('a row without a rowtime', () => {
  async function run(nullRowtime: 'fail' | 'pass'): Promise<readonly (number | string)[]> {
    const pool = new StringPool();
    const said: (number | string)[] = [];
    const output = {
      emitBatch: (batch: ColumnBatch) => said.push(...Array.from({ length: batch.length }, () => 'row')),
      emitWatermark: (watermark: number) => said.push(watermark),
      emitIdle: () => {},
      emitEnd: () => {},
    } as unknown as FanOut;
    const expression = columnRef(0, types.timestamp(3));
    const watermark = {
      expression,
      rowtime: expression,
      intervalMs: 0,
      idleTimeoutMs: null,
      alignment: null,
      nullRowtime,
    };
    const driver = new SourceDriver({
      spec: { table: 't', fields, watermark },
      reader: readerOf([5, null, 7], pool),
      output,
      session: testSession,
      pool,
      monotonic: () => 0,
      wake: () => {},
      letters: () => ({}),
      fail: (error) => said.push((error as Error).message),
    });
    for (let step = 0; step < 8; step++) {
      driver.step(true);
      await Promise.resolve().then(() => {});
    }
    return said;
  }

  it('passes where the source makes the watermarks', async () => {
    expect(await run('pass')).toEqual(['row', 5, 'row', 'row', 7]);
  });
  it('fails the job elsewhere', async () => {
    await expect(run('fail')).rejects.toThrow('source t: the rowtime of a row is NULL, expected a timestamp');
  });
});
