import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import type { ConnectorContext, LookupFactory, LookupReader } from '../../src/model/connector.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import type { TableDefinition } from '../../src/model/table.ts';
import { type Field, types } from '../../src/model/types.ts';
import { filesystemSourceFactory } from '../../src/sources/filesystem.ts';
import { jdbcConnector } from '../../src/sources/jdbc-lookup.ts';
import { scanLookup } from '../../src/sources/scan-lookup.ts';
import { testSession } from '../support/sql-expressions.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-lookup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let now = 0;
const session = { ...testSession, now: () => now };
const ctx: ConnectorContext = {
  jobName: 'job',
  timeZone: 'UTC',
  workingDirectory: folder,
  warn: () => {},
  now: () => now,
};

function readerOf(
  factory: LookupFactory,
  fields: readonly Field[],
  keyColumns: readonly number[],
  options: Readonly<Record<string, string>>,
): LookupReader {
  const table: TableDefinition = {
    kind: 'table',
    path: { catalog: 'c', database: 'd', name: 't' },
    columns: fields.map((field) => ({ kind: 'physical', ...field })),
    watermark: null,
    primaryKey: [],
    partitionedBy: [],
    options: new Map(Object.entries(options)),
  };
  const columns: ScanColumn[] = fields.map(({ name, type }) => ({ kind: 'physical', name, type, path: [name] }));
  const config = structuredClone(factory.plan(table, columns, keyColumns, ctx));
  return factory.reader(config, { columns, keyColumns, session, counters: { add: () => {} }, warn: () => {} });
}

describe('a file', () => {
  const path = join(folder, 'rows.jsonl');
  const fields: readonly Field[] = [
    { name: 'k', type: types.string() },
    { name: 'n', type: types.of('int') },
  ];
  const write = (...rows: readonly (readonly [string | null, number])[]): void =>
    writeFileSync(path, rows.map(([k, n]) => `${JSON.stringify({ k, n })}\n`).join(''));
  const options = { connector: 'filesystem', path, format: 'json' };
  const factory = scanLookup(filesystemSourceFactory(formats));

  it('is read as a whole, and again when its time is over', async () => {
    write(['a', 1], ['b', 2], ['a', 3], [null, 4]);
    const reader = readerOf(factory, fields, [0], {
      ...options,
      'lookup.full-cache.periodic-reload.interval': '1 s',
    });
    const rowsOfA = [
      ['a', 1],
      ['a', 3],
    ];
    expect(await reader.lookup([['a'], ['c']])).toEqual([rowsOfA, []]);
    write(['c', 5]);
    now += 999;
    expect(await reader.lookup([['a'], ['c']])).toEqual([rowsOfA, []]);
    now += 1;
    expect(await reader.lookup([['a'], ['c']])).toEqual([[], [['c', 5]]]);
  });

  it("is read each time without a cache, and can't have a partial one", async () => {
    write(['a', 1]);
    const reader = readerOf(factory, fields, [0], { ...options, 'lookup.cache': 'NONE' });
    expect(await reader.lookup([['a']])).toEqual([[['a', 1]]]);
    write(['a', 2]);
    expect(await reader.lookup([['a']])).toEqual([[['a', 2]]]);
    const partial = { ...options, 'lookup.cache': 'PARTIAL', 'lookup.partial-cache.max-rows': '1' };
    expect(() => readerOf(factory, fields, [0], partial)).toThrow('expected FULL or NONE');
    const unbounded = { ...options, 'source.monitor-interval': '1 s' };
    expect(() => readerOf(factory, fields, [0], unbounded)).toThrow('unbounded');
  });
});

describe('a SQLite table', () => {
  const path = join(folder, 'shop.db');
  const database = new DatabaseSync(path);
  database.exec(`CREATE TABLE "odd ""name" (id INTEGER, big INTEGER, price NUMERIC, name TEXT, ok INTEGER, at TEXT, raw BLOB);
    INSERT INTO "odd ""name" VALUES (1, 9007199254740993, 12.5, 'one', 1, '2026-01-02 03:04:05.678', x'0102'), (1, NULL, NULL, NULL, 0, NULL, NULL)`);
  database.close();
  const fields: readonly Field[] = [
    { name: 'id', type: types.of('int') },
    { name: 'big', type: types.of('bigint') },
    { name: 'price', type: types.decimal(10, 2) },
    { name: 'name', type: types.string() },
    { name: 'ok', type: types.of('boolean') },
    { name: 'at', type: types.timestamp(3) },
    { name: 'raw', type: types.bytes() },
  ];
  const options = { connector: 'jdbc', url: 'jdbc:sqlite:shop.db', 'table-name': 'odd "name' };
  const { lookup } = jdbcConnector;

  it('gives exact values of every type', async () => {
    const reader = readerOf(lookup!, fields, [0], options);
    const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    expect(await reader.lookup([[1], [2]])).toEqual([
      [
        [1, 9007199254740993n, 1250, 'one', true, at, Uint8Array.of(1, 2)],
        [1, null, null, null, false, null, null],
      ],
      [],
    ]);
    await reader.close();
  });

  it.each([
    [[1], [9007199254740993n], 1],
    [[2], [1250], 1],
    [[3, 4], ['one', true], 1],
    [[3, 4], ['one', false], 0],
  ])('is asked by the columns %s', async (keyColumns, key, count) => {
    const reader = readerOf(lookup!, fields, keyColumns, options);
    expect((await reader.lookup([key]))[0]).toHaveLength(count);
    await reader.close();
  });

  it("is refused where it can't be asked", async () => {
    const refusal = (changed: Readonly<Record<string, string>>, key = 0) =>
      expect(() => readerOf(lookup!, fields, [key], { ...options, ...changed }));
    refusal({ url: 'jdbc:mysql://host/db' }).toThrow('expected jdbc:sqlite:PATH');
    refusal({ 'lookup.cache': 'FULL' }).toThrow('is not supported');
    refusal({ 'lookup.cache': 'PARTIAL' }).toThrow('needs a bound');
    refusal({}, 5).toThrow("a lookup by 'at', a TIMESTAMP(3), is not supported");
    const missing = readerOf(lookup!, fields, [0], { ...options, 'table-name': 'none' });
    await expect(missing.lookup([[1]])).rejects.toThrow('a lookup failed');
  });
});
