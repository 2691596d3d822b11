import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnBatch } from '../../../src/model/column.ts';
import type { SessionAggregateSpec } from '../../../src/model/job-graph.ts';
import type { AggregateCall } from '../../../src/model/plan.ts';
import type { StateChunk } from '../../../src/model/state.ts';
import { StringPool } from '../../../src/model/string-pool.ts';
import { type Field, types } from '../../../src/model/types.ts';
import { createOperator } from '../../../src/operators/registry.ts';
import { hashKeys, keyGroupOf, subtaskOf } from '../../../src/state/key-group.ts';
import { batchOfRows, chunksFor, OperatorHarness, type Row } from '../../support/operator-harness.ts';
import { testSession } from '../../support/sql-expressions.ts';

const gapMs = 10;
const time = types.timestamp(3);
const inputFields: readonly Field[] = [
  { name: 'k', type: types.string() },
  { name: 'et', type: time },
  { name: 'v', type: types.of('bigint') },
];
const call = (name: string, args: number[], type = types.of('bigint')): AggregateCall => ({
  name,
  args,
  distinct: false,
  filter: null,
  type,
});
const aggregates = [call('COUNT', []), call('SUM', [2]), { ...call('COUNT', [2]), distinct: true }];

function specOf(keys: readonly number[], processingTime = false): SessionAggregateSpec {
  const fields: Field[] = [
    ...keys.map((key) => inputFields[key]!),
    ...aggregates.map(({ type }, i) => ({ name: `a${i}`, type })),
    { name: 'window_start', type: types.timestamp(3, false) },
    { name: 'window_end', type: types.timestamp(3, false) },
  ];
  return {
    kind: 'session_aggregate',
    gapMs,
    time: { column: 1, type: time, timeZone: null },
    processingTime,
    keys,
    aggregates,
    properties: ['window_start', 'window_end'],
    inputFields,
    fields,
  };
}

type Sample = Readonly<{ key: string | null; ts: number; v: number; watermark: number }>;
type NaiveSession = { key: string | null; start: number; end: number; values: number[] };

/** Flink's rules, a row at a time: the plainest way to say them. */
function naive(samples: readonly Sample[]): { rows: Row[]; late: number } {
  let open: NaiveSession[] = [];
  const rows: Row[] = [];
  let late = 0;
  const pass = (watermark: number): void => {
    for (const { key, start, end, values } of open.filter((session) => session.end - 1 <= watermark)) {
      const sum = values.reduce((a, b) => a + BigInt(b), 0n);
      rows.push([key, values.length, sum, new Set(values).size, start, end]);
    }
    open = open.filter((session) => session.end - 1 > watermark);
  };
  for (const { key, ts, v, watermark } of samples) {
    pass(watermark);
    const touched = open.filter((session) => session.key === key && session.start <= ts + gapMs && session.end >= ts);
    const merged = {
      key,
      start: Math.min(ts, ...touched.map(({ start }) => start)),
      end: Math.max(ts + gapMs, ...touched.map(({ end }) => end)),
      values: [...touched.flatMap(({ values }) => values), v],
    };
    if (merged.end - 1 <= watermark) {
      late++;
      continue;
    }
    open = [...open.filter((session) => !touched.includes(session)), merged];
  }
  pass(Infinity);
  return { rows, late };
}

const sample = fc.record({
  key: fc.constantFrom('a', 'b', 'c', null),
  ts: fc.integer({ min: 0, max: 150 }),
  v: fc.constantFrom(1, 2, 3, 2 ** 53 - 1),
  step: fc.integer({ min: 0, max: 12 }),
});

const stream = fc.array(sample, { maxLength: 60 }).map((list) => {
  let watermark = -20;
  return list.map(({ key, ts, v, step }): Sample => {
    watermark += step;
    return { key, ts: ts + watermark - 40, v, watermark };
  });
});

class Sessions {
  readonly subtasks: readonly OperatorHarness[];
  readonly #pool: StringPool;

  constructor(spec: SessionAggregateSpec, parallelism: number, pool: StringPool) {
    this.#pool = pool;
    this.subtasks = Array.from({ length: parallelism }, (_, subtaskIndex) => {
      const ctx = { subtaskIndex, parallelism, maxParallelism: 128, pool };
      return new OperatorHarness(createOperator(spec), spec.fields, ctx);
    });
  }

  feed(samples: readonly Sample[], strings: 'codes' | 'bytes'): void {
    for (const [subtask, harness] of this.subtasks.entries()) {
      const rows = samples.filter(({ key }) => ownerOf(key, this.subtasks.length) === subtask);
      const batch = batchOfRows(
        inputFields,
        rows.map(({ key, ts, v }) => [key, ts, v]),
        { pool: this.#pool, strings },
      );
      const watermarks = Float64Array.from(rows, ({ watermark }) => watermark);
      const timed: ColumnBatch = { ...batch, watermarks };
      harness.operator.processBatch(timed, 0);
      const last = samples.at(-1);
      if (last !== undefined) harness.operator.processWatermark(last.watermark);
    }
  }

  snapshot(): { chunks: () => StateChunk[] } {
    const snapshots = this.subtasks.map(({ operator }) => operator.snapshot!());
    return { chunks: () => snapshots.flatMap((snapshot) => [...snapshot.chunks()]) };
  }

  restore(chunks: readonly StateChunk[]): void {
    for (const { operator, ctx } of this.subtasks) {
      for (const chunk of chunksFor(chunks, ctx)) operator.restore!(chunk);
    }
  }

  end(): Row[] {
    for (const { operator } of this.subtasks) operator.processWatermark(Infinity);
    return this.subtasks.flatMap((harness) => harness.takeRows());
  }

  get late(): number {
    return this.subtasks.reduce((sum, { counts }) => sum + (counts.get('lateRecords') ?? 0), 0);
  }
}

function ownerOf(key: string | null, parallelism: number): number {
  const { columns } = batchOfRows([inputFields[0]!], [[key]], { pool: new StringPool() });
  return subtaskOf(keyGroupOf(hashKeys(columns, 1, new Int32Array(1))[0]!, 128), parallelism, 128);
}

const sorted = (rows: readonly Row[]): string[] => rows.map((row) => row.map(String).join()).sort();

describe('sessions', () => {
  it('are those of the plain rules, in any batches and over a snapshot at another parallelism', () => {
    fc.assert(
      fc.property(
        stream,
        fc.nat({ max: 60 }),
        fc.nat({ max: 60 }),
        fc.constantFrom('codes', 'bytes'),
        (samples, a, b, form) => {
          const [first, second] = [Math.min(a, b), Math.max(a, b)];
          const before = new Sessions(specOf([0]), 2, new StringPool());
          before.feed(samples.slice(0, first), form);
          const snapshot = before.snapshot();
          before.feed(samples.slice(first, second), form); // must not be seen in the snapshot
          const after = new Sessions(specOf([0]), 3, new StringPool());
          const early = before.subtasks.flatMap((harness) => harness.takeRows());
          const rest = new Sessions(specOf([0]), 3, new StringPool());
          after.restore(snapshot.chunks());
          const fresh = new Sessions(specOf([0]), 1, new StringPool());
          fresh.feed(samples.slice(0, first), form);
          const emitted = fresh.subtasks.flatMap((harness) => harness.takeRows());
          after.feed(samples.slice(first), form);
          rest.restore(before.snapshot().chunks());
          rest.feed(samples.slice(second), form);
          const expected = naive(samples);
          expect(sorted([...emitted, ...after.end()])).toEqual(sorted(expected.rows));
          expect(sorted([...early, ...rest.end()])).toEqual(sorted(expected.rows));
          expect(before.late + rest.late).toBe(expected.late);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('touch at a distance of just the gap, and merge when a row comes between', () => {
    const run = (times: readonly number[]): Row[] => {
      const sessions = new Sessions(specOf([]), 1, new StringPool());
      sessions.feed(
        times.map((ts) => ({ key: 'a', ts, v: 1, watermark: -1000 })),
        'codes',
      );
      return sessions.end();
    };
    expect(run([0, 10])).toEqual([[2, 2, 1, 0, 20]]);
    expect(run([0, 11])).toEqual([
      [1, 1, 1, 0, 10],
      [1, 1, 1, 11, 21],
    ]);
    expect(run([0, 18, 9])).toEqual([[3, 3, 1, 0, 28]]);
  });

  it('use places again: many keys that come and go keep the state small', () => {
    const sessions = new Sessions(specOf([0]), 1, new StringPool());
    const [{ operator }] = sessions.subtasks as [OperatorHarness];
    const pool = new StringPool();
    let least = Infinity;
    for (let round = 0; round < 50; round++) {
      const rows = Array.from(
        { length: 1000 },
        (_, i): Row => [`key ${round} ${i} ${'x'.repeat(i % 30)}`, round * 100, 1],
      );
      operator.processBatch(batchOfRows(inputFields, rows, { pool, strings: 'bytes' }), 0);
      operator.processWatermark(round * 100 + gapMs);
      if (round === 5) least = operator.stateBytes!();
    }
    expect(sessions.subtasks[0]!.takeRows()).toHaveLength(50_000);
    expect(operator.stateBytes!()).toBeLessThan(least * 1.5);
  });

  it('by processing time end as it passes; at the end of the input what is open is not emitted', () => {
    let now = 1000;
    const spec = specOf([0], true);
    const harness = new OperatorHarness(createOperator(spec), spec.fields, {
      session: { ...testSession, now: () => now },
    });
    const pool = new StringPool();
    const feed = (key: string): void => {
      harness.operator.processBatch(batchOfRows(inputFields, [[key, 0, 1]], { pool }), 0);
    };
    feed('a');
    now = 1005;
    feed('a');
    harness.operator.processTime!(1014);
    expect(harness.takeRows()).toEqual([]);
    harness.operator.processTime!(1015);
    expect(harness.takeRows()).toEqual([['a', 2, 2, 1, 1000, 1015]]);
    feed('a');
    harness.operator.processWatermark(Infinity);
    expect(harness.takeRows()).toEqual([]);
  });
});
