import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ConnectorContext, LookupContext, LookupReader } from '../../src/model/connector.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import { types } from '../../src/model/types.ts';
import { icebergLookupFactory } from '../../src/sources/iceberg-lookup.ts';
import { type ResultRow, ScriptRunner } from '../support/script-run.ts';
import { testSession } from '../support/sql-expressions.ts';

// The same table in a file, in databases and in an Iceberg catalog: looked up, each gives the same rows.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const runner = new ScriptRunner();
const place = (name: string): string => join(runner.scratch, name);

const orderCount = 3000; // more than one statement asks for
const orders = Array.from(
  { length: orderCount },
  (_, i) => [i, i % 700 === 0 ? null : i % 600, i % 2 === 0 ? 'EU' : 'US'] as const,
);

/** Keys 0 to 499; every tenth twice. */
const prices = Array.from({ length: 500 }, (_, key) => key).flatMap((key) =>
  Array.from(
    { length: key % 10 === 0 ? 2 : 1 },
    (_, copy) => [key, copy === 0 ? 'EU' : 'US', `${key}.25`, `p${key}`] as const,
  ),
);

const columns = 'k INT, region STRING, price DECIMAL(10, 2), `name` STRING';

const catalog =
  (): string => `CREATE CATALOG lake WITH ('type' = 'iceberg', 'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog',
  'uri' = 'jdbc:sqlite:${place('lake.db')}', 'warehouse' = 'file://${place('warehouse')}');`;

const valuesOf = (rows: readonly (readonly (number | string)[])[]): string =>
  rows.map(([k, region, price, name]) => `(${k}, '${region}', CAST(${price} AS DECIMAL(10, 2)), '${name}')`).join(', ');

beforeAll(async () => {
  writeFileSync(
    place('orders.jsonl'),
    orders.map(([id, k, region]) => `${JSON.stringify({ id, k, region })}\n`).join(''),
  );
  writeFileSync(place('prices.csv'), prices.map((row) => `${row.join(',')}\n`).join(''));
  const ddl = 'CREATE TABLE prices (k INTEGER, region VARCHAR, price DECIMAL(10, 2), name VARCHAR)';
  const instance = await DuckDBInstance.create(place('prices.duckdb'));
  const connection = await instance.connect();
  await connection.run(ddl);
  await connection.run(`INSERT INTO prices VALUES ${valuesOf(prices)}`);
  connection.closeSync();
  instance.closeSync();
  const database = new DatabaseSync(place('prices.db'));
  database.exec(`${ddl}; INSERT INTO prices VALUES ${valuesOf(prices)}`);
  database.close();
  await runner.rowsOf(`${catalog()} CREATE DATABASE lake.shop; CREATE TABLE lake.shop.prices (${columns});
    INSERT INTO lake.shop.prices SELECT * FROM (VALUES ${valuesOf(prices)}) AS t (k, region, price, name);`);
});

afterAll(() => runner.close());

const jdbc = (url: string, more = ''): string =>
  `CREATE TABLE prices (${columns}) WITH ('connector' = 'jdbc', 'url' = '${url}', 'table-name' = 'prices'${more});`;

const partial = "'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '100'";

/** What declares the table, and its name. */
const tables: Readonly<Record<string, () => readonly [ddl: string, name: string]>> = {
  'a file': () => [
    `CREATE TABLE prices (${columns}) WITH ('connector' = 'filesystem', 'path' = '${place('prices.csv')}', 'format' = 'csv');`,
    'prices',
  ],
  SQLite: () => [jdbc(`jdbc:sqlite:${place('prices.db')}`), 'prices'],
  DuckDB: () => [jdbc(`jdbc:duckdb:${place('prices.duckdb')}`), 'prices'],
  'DuckDB with a cache': () => [jdbc(`jdbc:duckdb:${place('prices.duckdb')}`, `, ${partial}`), 'prices'],
  'Iceberg in memory': () => [catalog(), 'lake.shop.prices'],
  'Iceberg with a cache': () => [catalog(), `lake.shop.prices /*+ OPTIONS(${partial}) */`],
  'Iceberg without a cache': () => [catalog(), "lake.shop.prices /*+ OPTIONS('lookup.cache' = 'NONE') */"],
};

type Query = Readonly<{ text: (table: string) => string; rows: () => readonly ResultRow[] }>;

type Price = (typeof prices)[number];

const matches = (test: (order: (typeof orders)[number], price: Price) => boolean, isLeft = false): ResultRow[] =>
  orders.flatMap((order): ResultRow[] => {
    const found = prices.filter((price) => order[1] === price[0] && test(order, price));
    const padded: readonly (Price | null)[] = found.length === 0 && isLeft ? [null] : found;
    return padded.map((price) => [String(order[0]), price?.[2] ?? null, price?.[3] ?? null]);
  });

const queries: Readonly<Record<string, Query>> = {
  'an inner join': {
    text: (table) =>
      `SELECT o.id, p.price, p.name FROM orders AS o JOIN ${table} FOR SYSTEM_TIME AS OF o.pt AS p ON o.k = p.k`,
    rows: () => matches(() => true),
  },
  'a LEFT JOIN with a condition on both': {
    text: (table) =>
      `SELECT o.id, p.price, p.name FROM orders AS o LEFT JOIN ${table} FOR SYSTEM_TIME AS OF o.pt AS p ON o.k = p.k AND p.price > o.id - 400`,
    rows: () => matches(([id], [, , price]) => Number(price) > id - 400, true),
  },
  'two keys': {
    text: (table) =>
      `SELECT o.id, p.price, p.name FROM orders AS o JOIN ${table} FOR SYSTEM_TIME AS OF o.pt AS p ON o.k = p.k AND o.region = p.region`,
    rows: () => matches(([, , ofOrder], [, region]) => ofOrder === region),
  },
  'a constant as a key': {
    text: (table) =>
      `SELECT o.id, p.price, p.name FROM orders AS o LEFT JOIN ${table} FOR SYSTEM_TIME AS OF o.pt AS p ON o.k = p.k AND p.region = 'US'`,
    rows: () => matches((_, [, region]) => region === 'US', true),
  },
};

const sorted = (rows: readonly ResultRow[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

describe.each(Object.keys(tables))('%s', (kind) => {
  it(`answers ${Object.keys(queries).join(', ')}`, async () => {
    const [ddl, table] = tables[kind]!();
    const texts = Object.values(queries).map(({ text }) => `${text(table)};`);
    const source = `CREATE TABLE orders (id INT, k INT, region STRING, pt AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = '${place('orders.jsonl')}', 'format' = 'json');`;
    const found = await runner.rowsOf([ddl, source, ...texts].join('\n'));
    for (const [i, [name, { rows }]] of Object.entries(queries).entries())
      expect(sorted(found[i]!), name).toEqual(sorted(rows()));
  });
});

describe('a job that looks rows up', () => {
  it('goes on from a savepoint at another parallelism, with each row once', async () => {
    const [ddl, table] = tables.DuckDB!();
    mkdirSync(place('incoming'));
    const source = `CREATE TABLE orders (id INT, k INT, region STRING, pt AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = '${place('incoming')}',
      'format' = 'json', 'source.monitor-interval' = '50 ms');`;
    const { text, rows } = queries['a LEFT JOIN with a condition on both']!;
    const script = [ddl, source, `${text(table)};`].join('\n');
    const deliver = (name: string, some: typeof orders): void => {
      writeFileSync(place(name), some.map(([id, k, region]) => `${JSON.stringify({ id, k, region })}\n`).join(''));
      renameSync(place(name), place(`incoming/${name}`));
    };
    deliver('first.jsonl', orders.slice(0, 2000));
    const before = await runner.start(script);
    await vi.waitFor(() => expect(before.left()[0]?.length ?? 0).toBeGreaterThan(0), 20_000);
    const stopped = await before.job.stopWithSavepoint();
    if (stopped.kind !== 'stopped') throw new Error(`the job ${stopped.kind}`);
    deliver('second.jsonl', orders.slice(2000));
    const after = await runner.start(script, { restore: stopped.savepoint, parallelism: 1 });
    const all = rows();
    const given = (): ResultRow[] => [...before.left()[0]!, ...(after.left()[0] ?? [])];
    await vi.waitFor(() => expect(given().length).toBeGreaterThanOrEqual(all.length), 20_000);
    await after.job.stopWithSavepoint();
    expect(sorted(given())).toEqual(sorted(all));
  });
});

describe('an Iceberg table that grows', () => {
  let now = 0;
  const session = { ...testSession, now: () => now };
  const ctx: ConnectorContext = {
    jobName: 'job',
    timeZone: 'UTC',
    workingDirectory: runner.scratch,
    warn: () => {},
    now: () => now,
  };
  const lookedUp: ScanColumn[] = [
    { kind: 'physical', name: 'k', type: types.of('int'), path: ['k'] },
    { kind: 'physical', name: 'name', type: types.string(), path: ['name'] },
  ];
  const counters: LookupContext['counters'] = { add: () => {} };

  function readerOf(options: Readonly<Record<string, string>>): LookupReader {
    const config = icebergLookupFactory.plan(
      {
        kind: 'table',
        path: { catalog: 'lake', database: 'shop', name: 'growing' },
        columns: [],
        watermark: null,
        primaryKey: [],
        partitionedBy: [],
        options: new Map(
          Object.entries({
            connector: 'iceberg',
            'catalog-name': 'lake',
            'catalog-impl': 'org.apache.iceberg.jdbc.JdbcCatalog',
            uri: `jdbc:sqlite:${place('lake.db')}`,
            warehouse: `file://${place('warehouse')}`,
            ...options,
          }),
        ),
      },
      lookedUp,
      [0],
      ctx,
    );
    return icebergLookupFactory.reader(structuredClone(config), {
      columns: lookedUp,
      keyColumns: [0],
      session,
      counters,
      warn: () => {},
    });
  }

  it('is read anew when its time is over, or at once without a cache', async () => {
    await runner.rowsOf(
      `${catalog()} CREATE TABLE lake.shop.growing (k INT, name STRING);`.concat(
        "INSERT INTO lake.shop.growing SELECT 1, 'one';",
      ),
    );
    const [none, full, cached] = [
      readerOf({ 'lookup.cache': 'NONE' }),
      readerOf({ 'lookup.full-cache.periodic-reload.interval': '1 s' }),
      readerOf({ 'lookup.cache': 'PARTIAL', 'lookup.partial-cache.expire-after-write': '1 s' }),
    ];
    const ask = async (): Promise<unknown[]> =>
      Promise.all([none, full, cached].map((reader) => reader.lookup([[1], [2]])));
    const one = [[[1, 'one']], []];
    const both = [[[1, 'one']], [[2, 'two']]];
    expect(await ask()).toEqual([one, one, one]);
    await runner.rowsOf(`${catalog()} INSERT INTO lake.shop.growing SELECT 2, 'two';`);
    now = 999;
    expect(await ask()).toEqual([both, one, one]);
    now = 1000;
    expect(await ask()).toEqual([both, both, both]);
    for (const reader of [none, full, cached]) await reader.close();
  });

  it('is refused with options that nobody knows, and by keys that have no equality', () => {
    expect(() => readerOf({ 'lookup.cashe': 'NONE' })).toThrow("unknown option 'lookup.cashe'");
    expect(() => readerOf({ 'lookup.cache': 'PARTIAL' })).toThrow('needs a bound');
  });
});
