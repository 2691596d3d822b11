import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import type { ConnectorContext, LookupFactory, LookupReader } from '../../src/model/connector.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import type { Row } from '../../src/model/row.ts';
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

describe('a DuckDB table', () => {
  const path = join(folder, 'shop.duckdb');
  const fields: readonly Field[] = [
    { name: 'id', type: types.of('int') },
    { name: 'tiny', type: types.of('tinyint') },
    { name: 'big', type: types.of('bigint') },
    { name: 'price', type: types.decimal(10, 2) },
    { name: 'wide', type: types.decimal(38, 3) },
    { name: 'half', type: types.of('float') },
    { name: 'whole', type: types.of('double') },
    { name: 'name', type: types.string() },
    { name: 'ok', type: types.of('boolean') },
    { name: 'raw', type: types.bytes() },
    { name: 'day', type: types.of('date') },
    { name: 'clock', type: types.time() },
    { name: 'at3', type: types.timestamp(3) },
    { name: 'at6', type: types.timestamp(6) },
    { name: 'at9', type: types.timestamp(9) },
    { name: 'ltz', type: types.timestampLtz(3) },
    { name: 'list', type: types.array(types.of('bigint')) },
    { name: 'pairs', type: types.map(types.string(), types.of('int')) },
    { name: 'pair', type: types.row([{ name: '2', type: types.of('int') }, { name: '1', type: types.string() }]) }, // biome-ignore format: a table
  ];
  const micros = BigInt(Date.UTC(2026, 0, 2, 3, 4, 5)) * 1000n + 678_901n;
  const one: Row = [
    ...[1, -3, 9007199254740993n, 1250, 12345678901234567890123n, 0.5, 0.1, "o'ne", true, Uint8Array.of(1, 2)],
    ...[Date.UTC(2026, 0, 2) / 86_400_000, 11_045_678, Number(micros / 1000n), Number(micros)],
    ...[micros * 1000n + 234n, Number(micros / 1000n), [1, null], new Map([['a', 1]]), [7, 'x']],
  ];
  const options = { connector: 'jdbc', url: 'jdbc:duckdb:shop.duckdb', 'table-name': 'odd "name' };
  const { lookup } = jdbcConnector;

  beforeAll(async () => {
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    const ddl = `id INTEGER, tiny TINYINT, big BIGINT, price DECIMAL(10, 2), wide DECIMAL(38, 3), half FLOAT, whole DOUBLE, name VARCHAR,
      ok BOOLEAN, raw BLOB, day DATE, clock TIME, at3 TIMESTAMP, at6 TIMESTAMP, at9 TIMESTAMP_NS, ltz TIMESTAMPTZ, list BIGINT[],
      pairs MAP(VARCHAR, INTEGER), pair STRUCT("2" INTEGER, "1" VARCHAR)`;
    await connection.run(`CREATE TABLE "odd ""name" (${ddl});
      INSERT INTO "odd ""name" VALUES (1, -3, 9007199254740993, 12.5, 12345678901234567890.123, 0.5, 0.1, 'o''ne', true, '\\x01\\x02', '2026-01-02',
        '03:04:05.678', '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678901234',
        '2026-01-02 03:04:05.678901+00', [1, NULL], MAP {'a': 1}, {'2': 7, '1': 'x'});
      INSERT INTO "odd ""name" (id) VALUES (1)`);
    connection.closeSync();
    instance.closeSync();
  });

  it('gives exact values of every type', async () => {
    const reader = readerOf(lookup!, fields, [0], options);
    const nulls = [1, ...fields.slice(1).map(() => null)];
    expect(await reader.lookup([[2], [1]])).toEqual([[], [one, nulls]]);
    await reader.close();
  });

  it.each(fields.slice(0, 16).map(({ name }, column) => [name, column] as const))(
    'is asked by %s',
    async (name, column) => {
      const reader = readerOf(lookup!, fields, [column], options);
      const isCut = name === 'at3' || name === 'ltz'; // what the table has beyond the milliseconds makes it another value
      expect((await reader.lookup([[one[column]!]]))[0]).toHaveLength(isCut ? 0 : name === 'id' ? 2 : 1);
      await reader.close();
    },
  );

  it('answers more keys than one statement asks for, in their order', async () => {
    const reader = readerOf(lookup!, fields.slice(0, 1), [0], options);
    const keys = Array.from({ length: 1000 }, (_, key) => [key]);
    const found = await reader.lookup(keys);
    expect(found.flatMap((rows, i) => (rows.length > 0 ? [[i, rows]] : []))).toEqual([[1, [[1], [1]]]]);
    await reader.close();
  });

  it("is refused where it can't be asked", async () => {
    expect(() => readerOf(lookup!, fields, [16], options)).toThrow(
      "a lookup by 'list', a ARRAY<BIGINT>, is not supported",
    );
    const interval: Field = { name: 'span', type: types.intervalMillis() };
    expect(() => readerOf(lookup!, [interval], [0], options)).toThrow('INTERVAL DAY TO SECOND(3)');
    const missing = readerOf(lookup!, fields, [0], { ...options, 'table-name': 'none' });
    await expect(missing.lookup([[1]])).rejects.toThrow('a lookup failed');
    await missing.close();
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
