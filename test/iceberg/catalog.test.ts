import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIcebergCatalog } from '../../src/iceberg/catalog.ts';
import { SqliteCatalog } from '../../src/iceberg/sqlite-catalog.ts';
import type { TableDefinition } from '../../src/model/table.ts';
import { types } from '../../src/model/types.ts';
import { LocalStorage } from '../../src/storage/local-storage.ts';
import { catalogConformance, tableOf } from './catalog.conformance.ts';
import { TestRestServer } from './rest-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-catalog-'));
let server: TestRestServer;
const now = (): number => 1_700_000_000_000;

beforeAll(async () => {
  const [path, warehouse] = [join(directory, 'rest.db'), `file://${directory}/rest`];
  const storage = new LocalStorage();
  server = await TestRestServer.start(new SqliteCatalog({ name: 'rest', path, warehouse, storage, now }));
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const sqlite = (name: string): Map<string, string> =>
  new Map([
    ['type', 'iceberg'],
    ['catalog-impl', 'org.apache.iceberg.jdbc.JdbcCatalog'],
    ['uri', `jdbc:sqlite:${directory}/${name}.db`],
    ['warehouse', `file://${directory}/${name}`],
  ]);

catalogConformance('SQLite', async () => sqlite('contract'));
catalogConformance(
  'REST',
  async () =>
    new Map([
      ['type', 'iceberg'],
      ['catalog-type', 'rest'],
      ['uri', server.uri],
    ]),
);

const ctx = { workingDirectory: directory, warn: () => {}, now };
const open = (options: ReadonlyMap<string, string>) => createIcebergCatalog('lake', options, ctx);

describe('options of CREATE CATALOG', () => {
  it.each([
    ['an unknown key', { bogus: 'x' }, /unknown option 'bogus'/],
    ['a kind without a client', { 'catalog-impl': 'org.apache.iceberg.hive.HiveCatalog' }, /no client for 'org.apache/],
    ['both kinds', { 'catalog-type': 'rest' }, /expected 'catalog-type' or 'catalog-impl', got both/],
    ['another database', { uri: 'jdbc:postgresql://x' }, /expected jdbc:sqlite:PATH, got 'jdbc:postgresql/],
    ['another store', { warehouse: 's3://bucket' }, /no storage for 's3:'/],
  ])('%s is refused', async (_name, more, message) => {
    await expect(open(new Map([...sqlite('x'), ...Object.entries(more)]))).rejects.toThrow(message);
  });

  it('relative paths are below the working directory', async () => {
    const options = new Map([...sqlite('x'), ['uri', 'jdbc:sqlite:rel/lake.db'], ['warehouse', 'rel/wh']]);
    const catalog = await open(options);
    await catalog.createDatabase('d', { ifNotExists: false, properties: new Map() });
    await catalog.createTable(tableOf('d', 't'), { ifNotExists: false });
    await catalog.close();
    expect(
      (await new LocalStorage().list(`file://${directory}/rel`)).map((uri) => uri.replace(/.*\/rel\//, '')),
    ).toEqual(['lake.db', expect.stringMatching(/^wh\/d\/t\/metadata\/00000-.*\.metadata\.json$/)]);
  });

  it('those without effect are told', async () => {
    const told: string[] = [];
    const options = new Map([...sqlite('told'), ['io-impl', 'org.apache.iceberg.aws.s3.S3FileIO']]);
    await (await createIcebergCatalog('lake', options, { ...ctx, warn: (text) => told.push(text) })).close();
    expect(told).toEqual(["catalog 'lake': 'io-impl' has no effect in Millrace"]);
  });
});

describe('CREATE TABLE', () => {
  const refused = (overrides: Partial<TableDefinition>) => async () => {
    const catalog = await open(sqlite('tables'));
    await catalog.createDatabase('d', { ifNotExists: true, properties: new Map() });
    try {
      await catalog.createTable(tableOf('d', 'refused', overrides), { ifNotExists: false });
    } finally {
      await catalog.close();
    }
  };
  const column = (type: TableDefinition['columns'][number]['type']): Partial<TableDefinition> => ({
    columns: [{ kind: 'physical', name: 'c', type }],
  });
  const option = (key: string, value: string): Partial<TableDefinition> => ({ options: new Map([[key, value]]) });

  it.each<readonly [string, Partial<TableDefinition>, RegExp]>([
    ['nested types', column(types.array(types.of('int'))), /column 'c': Millrace does not write ARRAY<INT>/],
    ['nanoseconds', column(types.timestamp(9)), /does not write TIMESTAMP\(9\)/],
    ['a connector', option('connector', 'kafka'), /'connector'='kafka': tables in an Iceberg catalog have none/],
    ['another file format', option('write.format.default', 'orc'), /expected 'parquet', got 'orc'/],
    ['another version', option('format-version', '3'), /'format-version': expected '2', got '3'/],
    ['upserts', option('write.upsert.enabled', 'true'), /only appends/],
    ['another codec', option('write.parquet.compression-codec', 'brotli'), /got 'brotli'/],
    ['partitions by no column', { partitionedBy: ['none'] }, /partition column 'none': the table has no such column/],
    ['both partitionings', { ...option('millrace.partitioning', 'id'), partitionedBy: ['id'] }, /got both/],
    ['a broken partitioning', option('millrace.partitioning', 'day(at'), /expected such as 'day\(ts\)/],
    [
      'a transform of another type',
      option('millrace.partitioning', 'hour(region)'),
      /expected a column of type timestamp/,
    ],
    ['a field twice', option('millrace.partitioning', 'day(at), day(at)'), /'at_day' stands twice/],
  ])('%s: refused', async (_name, overrides, message) => {
    await expect(refused(overrides)()).rejects.toThrow(message);
  });

  it('partitions by transforms', async () => {
    const catalog = await open(sqlite('spec'));
    await catalog.createDatabase('d', { ifNotExists: false, properties: new Map() });
    const options = new Map([
      ['millrace.partitioning', 'days(at), bucket(16, `id`), truncate(4, region), small'],
      ['write.target-file-size-bytes', '1000'],
    ]);
    await catalog.createTable(tableOf('d', 't', { options }), { ifNotExists: false });
    expect((await catalog.getTable('d', 't'))!).toMatchObject({ partitionedBy: [] }); // Flink shows none then
    await catalog.close();
    const [path, storage] = [`${directory}/spec.db`, new LocalStorage()];
    const lake = new SqliteCatalog({ name: 'lake', path, warehouse: 'file:///none', storage, now });
    const metadata = (await lake.loadTable({ namespace: ['d'], name: 't' }))!;
    expect(metadata['partition-specs'][0]!.fields).toEqual([
      { name: 'at_day', transform: 'day', 'source-id': 4, 'field-id': 1000 },
      { name: 'id_bucket', transform: 'bucket[16]', 'source-id': 1, 'field-id': 1001 },
      { name: 'region_trunc', transform: 'truncate[4]', 'source-id': 2, 'field-id': 1002 },
      { name: 'small', transform: 'identity', 'source-id': 5, 'field-id': 1003 },
    ]);
    expect(metadata.properties).toEqual({
      'write.parquet.compression-codec': 'zstd',
      'write.metadata.delete-after-commit.enabled': 'true',
      'write.target-file-size-bytes': '1000',
    });
    await lake.close();
  });
});
