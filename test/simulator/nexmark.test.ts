import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueAt } from '../../src/model/column.ts';
import type { GeneratorContext } from '../../src/model/generator.ts';
import { checkOptions } from '../../src/model/options.ts';
import type { SplitPosition } from '../../src/model/source.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { nexmark } from '../../src/simulator/nexmark.ts';
import { nexmarkFields } from '../../src/simulator/nexmark-fields.ts';

// The generator alone: what it makes depends on its settings and start, and on nothing else.

const startMs = Date.parse('2026-01-01T00:00:00Z');

const settingsOf = (options: Readonly<Record<string, string>>) =>
  nexmark.settings(checkOptions(new Map(Object.entries(options)), nexmark.options, 'table t'), 'table t');

type Column = GeneratorContext['columns'][number];

const column = (path: readonly string[], type: DataType): Column => ({ name: path.join('.'), path, type });
const whole: readonly Column[] = [
  column(['event_type'], types.of('int')),
  ...(['person', 'auction', 'bid'] as const).map((kind) => column([kind], types.row(nexmarkFields[kind]))),
];

type Wanted = Readonly<{ events: number; batchRows?: number; columns?: readonly Column[]; stops?: readonly number[] }>;

/** All rows of all parts; at each stop a part is opened anew where it stands. */
function generated({ events, batchRows = 64, columns = whole, stops = [] }: Wanted): unknown[][] {
  const settings = settingsOf({ 'events.num': String(events), 'first-event.rate': '1000' });
  return nexmark.parts(settings).flatMap((part) => {
    const ctx = { columns, pool: new StringPool(), batchRows };
    const open = (position: SplitPosition) => nexmark.open(settings, part, position, ctx);
    let stream = open(nexmark.begin(startMs));
    const rows: unknown[][] = [];
    for (let batches = 0; stream.nextDueMs !== Infinity; batches++) {
      if (stops.includes(batches)) stream = open(JSON.parse(JSON.stringify(stream.position())) as SplitPosition);
      const batch = stream.next(Infinity)!;
      for (let row = 0; row < batch.length; row++) {
        rows.push(columns.map(({ type }, i) => valueAt(batch.columns[i]!, type, row)));
      }
    }
    return rows;
  });
}

describe("Nexmark's events", () => {
  const rows = generated({ events: 5000 });
  const of = (type: number): unknown[][] =>
    rows.filter(([kind]) => kind === type).map((row) => row[type + 1] as unknown[]);
  const [persons, auctions, bids] = [of(0), of(1), of(2)];

  it('are as many as were asked for, in the proportions 1 : 3 : 46', () => {
    expect([persons.length, auctions.length, bids.length]).toEqual([100, 300, 4600]);
    expect(rows.every((row) => row.filter((value) => value !== null).length === 2)).toBe(true);
  });

  it('count persons and auctions up from 1000, at the pace of event time', () => {
    const ids = (list: unknown[][]): number[] => list.map(([id]) => id as number).sort((a, b) => a - b);
    expect(ids(persons)).toEqual(Array.from({ length: 100 }, (_, i) => 1001 + i));
    expect(ids(auctions)[0]).toBe(1001);
    expect(new Set(ids(auctions)).size).toBe(300);
    const times = rows.map((row) => (row.find(Array.isArray) as unknown[]).at(row[0] === 0 ? 6 : 5) as number);
    expect([Math.min(...times) - startMs, Math.max(...times) - startMs]).toEqual([1, 5000]);
  });

  it('have hot auctions and sellers, about the size that was set, and prices of cents', () => {
    const share = (list: unknown[][], test: (row: unknown[]) => boolean): number =>
      list.filter(test).length / list.length;
    expect(share(bids, ([auction]) => (auction as number) % 100 === 0)).toBeCloseTo(0.5, 1);
    expect(share(auctions, (row) => (row[7] as number) % 100 === 0)).toBeCloseTo(0.75, 1);
    const extra = bids.reduce((sum, row) => sum + (row[6] as string).length, 0) / bids.length;
    expect(extra).toBeGreaterThan(60);
    expect(extra).toBeLessThan(76);
    expect(bids.every(([, , price]) => (price as number) >= 100 && (price as number) <= 100_000_000)).toBe(true);
    expect(
      auctions.every((row) => (row[6] as number) > (row[5] as number) && (row[4] as number) > (row[3] as number)),
    ).toBe(true);
  });

  it('are the same in any batches, stopped anywhere, as fields or as rows', () => {
    const fields = [
      column(['event_type'], types.of('int')),
      column(['bid', 'price'], types.of('bigint')),
      column(['person', 'name'], types.string()),
    ];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.nat(5)), (batchRows, stops) => {
        expect(generated({ events: 900, batchRows, stops })).toEqual(generated({ events: 900 }));
        const flat = generated({ events: 900 }).map(([type, person, , bid]) => [
          type,
          (bid as unknown[] | null)?.[2] ?? null,
          (person as unknown[] | null)?.[1] ?? null,
        ]);
        expect(generated({ events: 900, batchRows, stops, columns: fields })).toEqual(flat);
      }),
      { numRuns: 15 },
    );
  });

  it('end at the earlier of events.num and stop-at, and without either never', () => {
    expect(nexmark.bounded(settingsOf({}))).toBe(false);
    expect(settingsOf({ 'events.num': '10', 'stop-at': '7' })).toMatchObject({ events: 7 });
    expect(settingsOf({ 'events.num': '10' })).toMatchObject({ events: 10 });
    expect(() => settingsOf({ 'keep-alive': 'true' })).toThrow(/keep-alive/);
  });

  it('fit the ROW types of the table, whatever fields it leaves out', () => {
    const bid = nexmark.fields.find(({ name }) => name === 'bid')!;
    expect(bid.accepts(types.row([{ name: 'price', type: types.of('bigint') }]))).toBe(true);
    expect(bid.accepts(types.row([{ name: 'price', type: types.of('int') }]))).toBe(false);
    expect(bid.accepts(types.row([{ name: 'cost', type: types.of('bigint') }]))).toBe(false);
    expect(bid.accepts(types.row([{ name: 'dateTime', type: types.timestamp(6) }]))).toBe(false);
  });
});
