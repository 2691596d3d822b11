import { describe, expect, it } from 'vitest';
import { valueAt } from '../../src/model/column.ts';
import type { SourceSplit } from '../../src/model/source.ts';
import { type DataType, type Field, types } from '../../src/model/types.ts';
import { datagenConnector } from '../../src/sources/datagen.ts';
import { connectorContext, drain, physicalColumns, readerContext, tableOf } from '../support/reader-harness.ts';
import { describeSource } from '../support/source-conformance.ts';

const factory = datagenConnector.source!;
const sequence = { 'fields.id.kind': 'sequence', 'fields.id.start': '1', 'fields.id.end': '10' };
const id = { name: 'id', type: types.of('bigint') };

function planOf(fields: readonly Field[], options: Readonly<Record<string, string>>) {
  const table = tableOf(fields, { connector: 'datagen', 'rows-per-second': '1000000', ...options });
  return factory.plan(table, physicalColumns(fields), connectorContext());
}

/** All rows, the clock a second further at each look. */
async function generate(
  fields: readonly Field[],
  options: Readonly<Record<string, string>>,
  polls?: number,
  restored: readonly SourceSplit[] | null = null,
) {
  const config = planOf(fields, options);
  let now = 1_700_000_000_000;
  const reader = factory.reader(config, readerContext(physicalColumns(fields), { now: () => (now += 1000) }));
  reader.addSplits(await factory.enumerator(config, connectorContext()).start(restored));
  reader.noMoreSplits();
  const { rows, ended } = await drain(reader, physicalColumns(fields), polls === undefined ? {} : { polls });
  return { rows, ended, snapshot: reader.snapshot() };
}

describeSource('datagen', () => {
  const fields = [id, { name: 's', type: types.string() }];
  const config = structuredClone(planOf(fields, { 'number-of-rows': '200', 'fields.s.length': '4' }));
  let now = 0;
  return {
    enumerator: () => factory.enumerator(config, connectorContext()),
    reader: () =>
      factory.reader(config, readerContext(physicalColumns(fields), { batchRows: 4, now: () => (now += 1000) })),
    rowOf: (batch, row) => fields.map(({ type }, i) => String(valueAt(batch.columns[i]!, type, row))).join(' '),
  };
});

describe('a sequence', () => {
  it('counts in order and ends the source', async () => {
    const fields = [id, { name: 's', type: types.string() }, { name: 'd', type: types.decimal(5, 1) }];
    const more = Object.fromEntries(
      ['s', 'd'].flatMap((name) => Object.entries(sequence).map(([key, value]) => [key.replace('id', name), value])),
    );
    const { rows, ended } = await generate(fields, { ...sequence, ...more });
    expect(rows).toEqual(Array.from({ length: 10 }, (_, i) => [i + 1, String(i + 1), (i + 1) * 10]));
    expect(ended).toBe(true);
    expect(factory.bounded(planOf([id], sequence))).toBe(true);
    expect(await factory.maxParallelism(planOf([id], sequence), connectorContext())).toBe(1);
  });

  it('is cut by number-of-rows', async () => {
    expect((await generate([id], { ...sequence, 'number-of-rows': '3' })).rows).toEqual([[1], [2], [3]]);
  });
});

describe('random values', () => {
  const cases: readonly [DataType, Readonly<Record<string, string>>, (value: never) => boolean][] = [
    [types.of('boolean'), {}, (v: boolean) => typeof v === 'boolean'],
    [types.of('int'), { min: '-2', max: '3' }, (v: number) => Number.isInteger(v) && v >= -2 && v <= 3],
    [types.of('tinyint'), {}, (v: number) => v >= -128 && v <= 127],
    [types.of('bigint'), {}, (v: bigint | number) => BigInt(v) >= -(2n ** 63n) && BigInt(v) < 2n ** 63n],
    [types.of('bigint'), { min: '5', max: '5' }, (v: number) => Number(v) === 5],
    [types.of('double'), { min: '1', max: '2' }, (v: number) => v >= 1 && v < 2],
    [types.of('float'), {}, (v: number) => v === Math.fround(v) && Number.isFinite(v)],
    [types.decimal(10, 2), { min: '1.5', max: '2' }, (v: number) => v >= 150 && v <= 200],
    [types.decimal(30, 0), {}, (v: bigint) => BigInt(v) >= 0n && BigInt(v) < 10n ** 30n],
    [types.string(), {}, (v: string) => /^[0-9a-f]{100}$/.test(v)],
    [types.string(), { length: '9' }, (v: string) => /^[0-9a-f]{9}$/.test(v)],
    [types.string(), { length: '9', 'var-len': 'true' }, (v: string) => /^[0-9a-f]{1,9}$/.test(v)],
    [{ kind: 'char', length: 4, nullable: true }, {}, (v: string) => v.length === 4],
    [types.bytes(), { length: '3' }, (v: Uint8Array) => v.length === 3],
    [types.timestamp(3), { 'max-past': '10 s' }, (v: number) => v > 1_699_999_990_000 && v < 1_700_001_000_000],
    [types.of('date'), {}, (v: number) => v === 19675],
    [
      types.array(types.string()),
      { length: '2', 'element.length': '1' },
      (v: string[]) => v.length === 2 && v.every((s) => /^[0-9a-f]$/.test(s)),
    ],
    [types.map(types.of('int'), types.of('boolean')), {}, (v: Map<number, boolean>) => v.size === 3],
    [
      types.row([{ name: 'x', type: types.of('int') }]),
      { 'x.min': '1', 'x.max': '2' },
      (v: number[]) => v[0] === 1 || v[0] === 2,
    ],
  ];
  it.each(cases)('%o with %o', async (type, given, holds) => {
    const options = Object.fromEntries(Object.entries(given).map(([key, value]) => [`fields.v.${key}`, value]));
    const { rows, ended } = await generate([{ name: 'v', type }], { ...options, 'number-of-rows': '200' });
    expect(ended).toBe(true);
    expect(rows).toHaveLength(200);
    expect(rows.filter(([value]) => !holds(value as never))).toEqual([]);
  });

  it('spread over their range', async () => {
    const fields = [{ name: 'v', type: types.of('int') }];
    const { rows } = await generate(fields, { 'number-of-rows': '4000', 'fields.v.min': '0', 'fields.v.max': '9' });
    const counts = new Map<unknown, number>();
    for (const [value] of rows) counts.set(value, (counts.get(value) ?? 0) + 1);
    expect(counts.size).toBe(10);
    expect(Math.min(...counts.values())).toBeGreaterThan(300);
    expect(Math.max(...counts.values())).toBeLessThan(500);
  });

  it('are NULL as often as null-rate says', async () => {
    const fields = [{ name: 'v', type: types.of('int') }];
    const { rows } = await generate(fields, { 'number-of-rows': '2000', 'fields.v.null-rate': '0.25' });
    const nulls = rows.filter(([value]) => value === null).length;
    expect(nulls).toBeGreaterThan(400);
    expect(nulls).toBeLessThan(600);
  });

  it('are the same again, also when the source goes on from a checkpoint', async () => {
    const fields = [
      { name: 'v', type: types.string() },
      { name: 'w', type: types.of('bigint') },
    ];
    const options = { 'number-of-rows': '2000' };
    const sorted = (rows: unknown[][]): string[] => rows.map((row) => row.join(' ')).sort();
    const whole = await generate(fields, options);
    const first = await generate(fields, options, 7);
    expect(first.ended).toBe(false);
    const snapshot = JSON.parse(JSON.stringify(first.snapshot)) as SourceSplit[];
    const rest = await generate(fields, options, undefined, snapshot);
    expect(sorted([...first.rows, ...rest.rows])).toEqual(sorted(whole.rows));
    expect(new Set(sorted(whole.rows)).size).toBe(2000);
  });
});

describe('the rate', () => {
  it('is kept over all splits together', async () => {
    const fields = [{ name: 'v', type: types.of('int') }];
    const config = planOf(fields, { 'rows-per-second': '10' });
    let now = 0;
    const reader = factory.reader(config, readerContext(physicalColumns(fields), { now: () => now }));
    reader.addSplits(await factory.enumerator(config, connectorContext()).start(null));
    let rows = 0;
    const countAt = async (ms: number): Promise<number> => {
      now = ms;
      rows += (await drain(reader, physicalColumns(fields), { polls: 40 })).rows.length;
      return rows;
    };
    expect(await countAt(0)).toBe(1);
    expect(await countAt(500)).toBe(6);
    expect(await countAt(999)).toBe(10);
    expect(await countAt(1000)).toBe(11);
    expect(await countAt(60_000)).toBeLessThanOrEqual(22); // not made up for
  });
});

describe('options', () => {
  it('that are wrong are named', () => {
    const v = [{ name: 'v', type: types.of('int') }];
    expect(() => planOf(v, { 'fields.w.min': '1' })).toThrow(/unknown option 'fields\.w\.min'/);
    expect(() => planOf(v, { 'fields.v.length': '1' })).toThrow(/unknown option 'fields\.v\.length'/);
    expect(() => planOf(v, { 'fields.v.min': 'x' })).toThrow(
      /expected a whole number from -2147483648 to 2147483647, got 'x'/,
    );
    expect(() => planOf(v, { 'fields.v.min': '2', 'fields.v.max': '1' })).toThrow(/expected at least 2, got 1/);
    expect(() => planOf(v, { 'fields.v.kind': 'sequence' })).toThrow(/'fields\.v\.start': expected a value/);
    expect(() => planOf(v, { 'fields.v.kind': 'constant' })).toThrow(/expected 'random' or 'sequence'/);
    expect(() => planOf([{ name: 'v', type: types.of('int', false) }], { 'fields.v.null-rate': '0.5' })).toThrow(
      /NOT NULL/,
    );
    expect(() => planOf([{ name: 'v', type: types.of('boolean') }], { 'fields.v.kind': 'sequence' })).toThrow(
      /for BOOLEAN/,
    );
  });
});
