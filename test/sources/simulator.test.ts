import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueAt } from '../../src/model/column.ts';
import type { ConnectorContext } from '../../src/model/connector.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import type { ReaderOutput, SourceReader, SourceSplit } from '../../src/model/source.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import type { TableDefinition } from '../../src/model/table.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { gpuFleet } from '../../src/simulator/gpu-fleet.ts';
import { simulatorConnector, simulatorSourceFactory } from '../../src/sources/simulator.ts';
import { fleetStartMs, runFleet, settingsOf } from '../support/fleet.ts';

const generators = { 'gpu-fleet': gpuFleet };
const factory = simulatorSourceFactory(generators);

const allColumns: Readonly<Record<string, DataType>> = {
  event_id: types.string(),
  device_id: types.string(),
  event_time: types.timestamp(3),
  temperature: types.of('double'),
  utilization: types.of('double'),
  power: types.decimal(10, 2),
  memory_used: types.of('bigint'),
  fan_speed: types.of('int'),
  producer: types.string(),
  host: types.string(),
  created_at: types.timestampLtz(6),
  sequence: types.of('bigint'),
  anomaly: types.string(),
};

function tableOf(
  options: Readonly<Record<string, string>>,
  columns: Readonly<Record<string, DataType>> = allColumns,
): TableDefinition {
  return {
    kind: 'table',
    path: { catalog: 'c', database: 'd', name: 't' },
    columns: Object.entries(columns).map(([name, type]) => ({ kind: 'physical', name, type })),
    watermark: null,
    primaryKey: [],
    partitionedBy: [],
    options: new Map(Object.entries({ connector: 'simulator', scenario: 'gpu-fleet', ...options })),
  };
}

const scanOf = (columns: Readonly<Record<string, DataType>>): ScanColumn[] =>
  Object.entries(columns).map(([name, type]) => ({ kind: 'physical', name, type, path: [name] }));

class Clock {
  ms = fleetStartMs;
  readonly now = () => this.ms;
}

function contextOf(clock: Clock): ConnectorContext {
  return { jobName: 'job', timeZone: 'UTC', workingDirectory: '/', warn: () => {}, now: clock.now };
}

function readerOf(
  table: TableDefinition,
  clock = new Clock(),
  { columns = allColumns, batchRows = 64, pool = new StringPool(), subtaskIndex = 0, parallelism = 1 } = {},
): SourceReader {
  const config = factory.plan(table, scanOf(columns), contextOf(clock));
  const counters = { add: () => {} };
  const badRecord = () => {};
  const ctx = {
    columns: scanOf(columns),
    subtaskIndex,
    parallelism,
    pool,
    counters,
    batchRows,
    now: clock.now,
    badRecord,
    warn: () => undefined,
  };
  return factory.reader(config, ctx);
}

const splitsOf = (table: TableDefinition, clock = new Clock()) => {
  const ctx = contextOf(clock);
  return factory.enumerator(factory.plan(table, scanOf(allColumns), ctx), ctx).start(null);
};

/** The values of the rows of a batch. */
function valuesOf(output: ReaderOutput & { kind: 'batch' }, columns = allColumns): unknown[][] {
  return Array.from({ length: output.batch.length }, (_, row) =>
    Object.values(columns).map((type, i) => valueAt(output.batch.columns[i]!, type, row)),
  );
}

async function drain(reader: SourceReader, batches = Infinity): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for (let i = 0; i < batches; i++) {
    const output = await reader.poll(1000);
    if (output.kind === 'end') break;
    if (output.kind === 'batch') rows.push(...valuesOf(output));
  }
  return rows;
}

const sorted = (rows: readonly unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();

const faults = {
  rate: 'unlimited',
  'disorder.rate': '0.1',
  'late.rate': '0.02',
  'duplicates.rate': '0.02',
  'anomalies.rate': '0.2',
};

describe('the connector simulator', () => {
  const table = tableOf({ devices: '20', duration: '2 min', ...faults });

  it('gives the rows that the fleet sends as JSON', async () => {
    const reader = readerOf(table);
    reader.addSplits(await splitsOf(table));
    reader.noMoreSplits();
    const rows = await drain(reader);
    const { rate: _, ...options } = faults;
    const sent = runFleet(settingsOf({ devices: '20', duration: '2 min', ...options })).rows;
    const expected = sent.map(({ text, sequence, anomaly }) => {
      const json = JSON.parse(text) as Record<string, number | string>;
      const kinds = [null, 'spike', 'drift', 'stuck', 'drop-out'];
      return [
        json.event_id,
        json.device_id,
        Date.parse(`${String(json.event_time).replace(' ', 'T')}Z`),
        json.temperature,
        json.utilization,
        Math.round(Number(json.power) * 100),
        json.memory_used,
        json.fan_speed,
        json.producer,
        json.host,
        Number(json.created_at) * 1000,
        sequence,
        kinds[anomaly],
      ];
    });
    expect(rows.length).toBe(sent.length);
    expect(sorted(rows)).toEqual(sorted(expected));
  });

  it.each([1, 2, 3, 4, 16])('gives the same rows at parallelism %s', async (parallelism) => {
    const ctx = contextOf(new Clock());
    const enumerator = factory.enumerator(factory.plan(table, scanOf(allColumns), ctx), ctx);
    const splits = await enumerator.start(null);
    const rows: unknown[][] = [];
    for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
      const reader = readerOf(table, new Clock(), { parallelism, subtaskIndex, batchRows: 10 + parallelism });
      reader.addSplits(splits.filter((split) => enumerator.assign(split, parallelism) === subtaskIndex));
      reader.noMoreSplits();
      rows.push(...(await drain(reader)));
    }
    const alone = readerOf(table);
    alone.addSplits(splits);
    alone.noMoreSplits();
    expect(sorted(rows)).toEqual(sorted(await drain(alone)));
  });

  it('goes on exactly where a snapshot was taken', async () => {
    const splits = await splitsOf(table);
    const start = (from: readonly SourceSplit[]) => {
      const reader = readerOf(table);
      reader.addSplits(from);
      reader.noMoreSplits();
      return reader;
    };
    const whole = await drain(start(splits));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60 }), async (batches) => {
        const first = start(splits);
        const head = await drain(first, batches);
        // Through JSON, as a checkpoint keeps it.
        const snapshot = JSON.parse(JSON.stringify(first.snapshot())) as SourceSplit[];
        const tail = await drain(start(snapshot));
        expect(sorted([...head, ...tail])).toEqual(sorted(whole));
      }),
      { numRuns: 10 },
    );
  });

  it('fills only the columns that are asked for, in their order', async () => {
    const columns = { fan_speed: types.of('int'), device_id: types.string() };
    const reader = readerOf(tableOf({ devices: '1', rate: 'unlimited' }), new Clock(), { columns });
    reader.addSplits(await splitsOf(tableOf({ devices: '1', rate: 'unlimited' })));
    const output = await reader.poll(0);
    expect(output.kind === 'batch' && valuesOf(output, columns)[0]).toEqual([expect.any(Number), 'gpu-0000']);
  });

  it('keeps its strings when the pool is emptied', async () => {
    const pool = new StringPool();
    const reader = readerOf(table, new Clock(), { pool });
    reader.addSplits(await splitsOf(table));
    await reader.poll(0);
    pool.clear();
    pool.internString('something else');
    const output = await reader.poll(0);
    const names = output.kind === 'batch' ? valuesOf(output).map((row) => row[1]) : [];
    expect(names.every((name) => /^gpu-00\d\d$/.test(String(name)))).toBe(true);
    expect(names.length).toBeGreaterThan(0);
  });

  it('ends splits when their time is over, and the reader after the last', async () => {
    const reader = readerOf(table);
    const splits = await splitsOf(table);
    reader.addSplits(splits);
    while ((await reader.poll(0)).kind === 'batch');
    expect(reader.endedSplits().length).toBe(splits.length);
    expect((await reader.poll(0)).kind).toBe('none');
    reader.noMoreSplits();
    expect((await reader.poll(0)).kind).toBe('end');
  });
});

describe('its pace', () => {
  const table = (rate: string) => tableOf({ devices: '10', period: '100 ms', rate });

  it('holds rows back until the clock has come to their time', async () => {
    const clock = new Clock();
    const reader = readerOf(table('wall-clock'), clock);
    reader.addSplits(await splitsOf(table('wall-clock'), clock));
    const rows: unknown[][] = [];
    for (const end = clock.ms + 1000; clock.ms < end; clock.ms += 50) {
      for (let output = await reader.poll(0); output.kind === 'batch'; output = await reader.poll(0)) {
        for (const row of valuesOf(output)) expect(row[2]).toBeLessThanOrEqual(clock.ms);
        rows.push(...valuesOf(output));
      }
    }
    expect(rows.length).toBeGreaterThan(85);
    expect(rows.length).toBeLessThanOrEqual(100);
    expect(reader.lag().every(({ seconds }) => seconds <= 0.05)).toBe(true); // since the last look
  });

  it('with a factor simulated time runs that much faster', async () => {
    const clock = new Clock();
    const reader = readerOf(table('20'), clock);
    reader.addSplits(await splitsOf(table('20'), clock));
    clock.ms += 1000;
    expect(reader.lag()[0]!.seconds).toBeGreaterThan(19);
    let rows = 0;
    for (let output = await reader.poll(0); output.kind === 'batch'; output = await reader.poll(0)) {
      rows += output.batch.length;
    }
    expect(rows).toBeGreaterThan(1850);
    expect(rows).toBeLessThanOrEqual(2010);
  });

  it('waits no longer than it was told, and wakes', async () => {
    const reader = readerOf(tableOf({ devices: '1', period: '1 h', rate: 'wall-clock' }));
    reader.addSplits(await splitsOf(tableOf({ devices: '1', period: '1 h', rate: 'wall-clock' })));
    expect((await reader.poll(5)).kind).toBe('none');
    const waiting = reader.poll(60_000);
    reader.wake();
    expect((await waiting).kind).toBe('none');
  });

  it('after a restart goes on from where it was, on the same clock', async () => {
    const clock = new Clock();
    const first = readerOf(table('wall-clock'), clock);
    first.addSplits(await splitsOf(table('wall-clock'), clock));
    clock.ms += 60_000;
    const second = readerOf(table('wall-clock'), clock);
    second.addSplits(first.snapshot());
    const output = await second.poll(0);
    expect(output.kind === 'batch' && Number(valuesOf(output)[0]![2])).toBeLessThan(fleetStartMs + 1000);
  });
});

describe('its declaration', () => {
  const plan = (options: Readonly<Record<string, string>>, columns = allColumns) =>
    factory.plan(tableOf(options, columns), scanOf(columns), contextOf(new Clock()));

  it('lists the options of the scenario', () => {
    const keys = simulatorConnector(generators).options.map(({ key }) => key);
    expect(keys).toContain('anomalies.rate');
    expect(keys).toContain('rate');
    expect(simulatorConnector(generators).portable).toBe(false);
  });

  it('says what bounds it and how wide it can run', async () => {
    expect(factory.bounded(plan({}))).toBe(false);
    expect(factory.bounded(plan({ events: '10' }))).toBe(true);
    expect(factory.bounded(plan({ duration: '1 s' }))).toBe(true);
    expect(await factory.maxParallelism(plan({ devices: '3' }), contextOf(new Clock()))).toBe(3);
    expect(await factory.maxParallelism(plan({ devices: '300' }), contextOf(new Clock()))).toBe(16);
  });

  const wrong: { options?: Record<string, string>; columns?: Record<string, DataType>; message: RegExp }[] = [
    { options: { scenario: 'weather' }, message: /option 'scenario': expected one of 'gpu-fleet', got 'weather'/ },
    { options: { device: '5' }, message: /unknown option 'device'/ },
    { options: { devices: '0' }, message: /option 'devices': expected a whole number from 1/ },
    { options: { period: '500 us' }, message: /option 'period': expected a duration/ },
    { options: { rate: 'fast' }, message: /option 'rate': expected 'wall-clock', 'unlimited' or a factor/ },
    { options: { start: 'now' }, message: /option 'start': expected a time such as/ },
    { options: { 'anomalies.rate': '0.6' }, message: /option 'anomalies.rate': expected a number from 0 to 0.5/ },
    { options: { 'anomalies.kinds': 'spike;melt' }, message: /option 'anomalies.kinds': .* got 'melt'/ },
    {
      options: { 'late.min': '2 min', 'late.rate': '0.1' },
      message: /option 'late.max': expected at least 'late.min'/,
    },
    {
      options: { 'late.rate': '0.7', 'disorder.rate': '0.4' },
      message: /option 'late.rate': expected at most 1 together/,
    },
    { options: { 'garbage.rate': '0.1' }, message: /unknown option 'garbage.rate'/ },
    {
      options: { devices: '1000000', period: '1 ms', 'late.rate': '0.5' },
      message: /option 'late.rate': expected at most 4000000 events that wait/,
    },
    { columns: { temprature: types.of('double') }, message: /column `temprature`: expected a field of the scenario/ },
    { columns: { temperature: types.string() }, message: /column `temperature`: expected DOUBLE, .*got STRING/ },
    { columns: { event_time: types.timestamp(9) }, message: /column `event_time`: expected TIMESTAMP\(3\)/ },
  ];
  it.each(wrong)('refuses $message', ({ options = {}, columns = allColumns, message }) => {
    expect(() => plan(options, columns)).toThrow(message);
  });

  it('names the fields when a column is none of them', () => {
    expect.assertions(1);
    try {
      plan({}, { temprature: types.of('double') });
    } catch (error) {
      expect((error as { hint?: string }).hint).toMatch(/Did you mean `temperature`\? Fields: event_id, device_id, /);
    }
  });

  it('does not go on with another fleet', async () => {
    const splits = await splitsOf(tableOf({ devices: '20' }));
    const ctx = contextOf(new Clock());
    const other = factory.enumerator(plan({ devices: '21' }), ctx);
    await expect(other.start(splits)).rejects.toThrow(/expected the fleet of the checkpoint/);
  });
});
