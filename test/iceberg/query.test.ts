import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ParquetColumn } from '../../src/formats/parquet-column.ts';
import { encodeParquet } from '../../src/formats/parquet-writer.ts';
import { createIcebergCatalog } from '../../src/iceberg/catalog.ts';
import { dataFileFromJson, dataFileToJson } from '../../src/iceberg/data-file.ts';
import { parseJson, printJson } from '../../src/iceberg/json.ts';
import { writeManifest } from '../../src/iceberg/manifest.ts';
import { bindSpec } from '../../src/iceberg/partition-spec.ts';
import { queryLake } from '../../src/iceberg/query.ts';
import type { QueryOptions } from '../../src/iceberg/query-run.ts';
import { planScan } from '../../src/iceberg/scan.ts';
import { SqliteCatalog } from '../../src/iceberg/sqlite-catalog.ts';
import { currentSchema, currentSchemaJson, specOf, type TableMetadata } from '../../src/iceberg/table-metadata.ts';
import { adding, swapUntilLanded } from '../../src/iceberg/table-swap.ts';
import type { Catalog } from '../../src/model/table.ts';
import { types } from '../../src/model/types.ts';
import { LocalStorage } from '../../src/storage/local-storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-query-'));
const storage = new LocalStorage();
let clock = Date.parse('2024-01-01T00:00:00Z');
const now = (): number => clock;
const paths = { path: `${directory}/lake.db`, warehouse: `file://${directory}/wh` };
const lake = new SqliteCatalog({ name: 'lake', ...paths, storage, now });
const table = { namespace: ['db'], name: 't' };
let catalog: Catalog;
const ctx: QueryOptions = { workingDirectory: directory, now };
const snapshotIds: bigint[] = [];

beforeAll(async () => {
  const options = new Map([
    ['type', 'iceberg'],
    ['catalog-impl', 'org.apache.iceberg.jdbc.JdbcCatalog'],
    ['uri', `jdbc:sqlite:${paths.path}`],
    ['warehouse', paths.warehouse],
  ]);
  catalog = await createIcebergCatalog('lake', options, { workingDirectory: directory, warn: () => {}, now });
  await catalog.createDatabase('db', { ifNotExists: false, properties: new Map() });
  await catalog.createDatabase('other', { ifNotExists: false, properties: new Map() });
  for (const [database, name] of [
    ['db', 't'],
    ['db', 'empty'],
    ['db', 'twice'],
    ['other', 'twice'],
  ] as const) {
    await catalog.createTable(
      {
        kind: 'table',
        path: { catalog: 'lake', database, name },
        columns: [
          { kind: 'physical', name: 'id', type: types.of('bigint') },
          { kind: 'physical', name: 'name', type: types.string() },
          { kind: 'physical', name: 'day', type: types.of('date') },
        ],
        watermark: null,
        primaryKey: [],
        partitionedBy: name === 't' ? ['day'] : [],
        options: new Map(),
      },
      { ifNotExists: false },
    );
  }
  await append([1n, 2n], ['a', 'b'], 19_723); // 2024-01-01
  clock += 3_600_000;
  await append([3n], ['c'], 19_724);
});
afterAll(async () => {
  await catalog.close();
  await lake.close();
  rmSync(directory, { recursive: true });
});

/** One file of rows of one day. */
async function append(ids: readonly bigint[], names: readonly string[], day: number): Promise<void> {
  const metadata = (await lake.loadTable(table))!;
  const fields = bindSpec(specOf(metadata, 0), currentSchema(metadata));
  const text = Buffer.from(names.join(''));
  const common = { required: false, nulls: null, offsets: null, metrics: { kind: 'full' as const } };
  const columns: ParquetColumn[] = [
    { ...common, name: 'id', fieldId: 1, type: { kind: 'long' }, values: BigInt64Array.from(ids) },
    {
      ...common,
      name: 'name',
      fieldId: 2,
      type: { kind: 'string' },
      values: text,
      offsets: Int32Array.from([0, ...ids.keys()].map((_, i) => i)),
    },
    { ...common, name: 'day', fieldId: 3, type: { kind: 'date' }, values: Int32Array.from(ids, () => day) },
  ];
  const { bytes, metrics, splitOffsets } = encodeParquet({ rowCount: ids.length, columns, codec: 'zstd' });
  const path = `${metadata.location}/data/${snapshotIds.length}.parquet`;
  await storage.write(path, bytes);
  const written = { path, partition: [day], recordCount: ids.length, sizeBytes: bytes.length, splitOffsets, metrics };
  const snapshotId = 2n ** 61n + BigInt(snapshotIds.length) * 7n + 1n;
  snapshotIds.push(snapshotId);
  const { bytes: manifestBytes, manifest } = writeManifest({
    path: `${metadata.location}/metadata/m${snapshotId}.avro`,
    snapshotId,
    schema: currentSchemaJson(metadata),
    spec: specOf(metadata, 0),
    fields,
    files: [dataFileFromJson(dataFileToJson(written, fields), fields)],
  });
  await storage.write(manifest.path, manifestBytes);
  const totals = { files: 1, records: ids.length, bytes: bytes.length, partitions: 1 };
  const tableUuid = metadata['table-uuid'];
  await swapUntilLanded({ catalog: lake, table, tableUuid, storage, now, newId: () => String(snapshotId) }, () => ({
    snapshotId,
    operation: 'append',
    change: adding(manifest),
    totals,
    summary: {},
    properties: {},
  }));
}

async function rows(sql: string, options: Partial<QueryOptions> = {}): Promise<unknown> {
  return (await queryLake(sql, new Map([['lake', catalog]]), { ...ctx, ...options })).rows;
}

describe('queries', () => {
  it.each([
    ['SELECT sum(id) FROM lake.db.t', [[6n]]],
    ['SELECT t.name FROM db.t WHERE t.id > 2', [['c']]],
    ["SELECT id FROM t WHERE day = '2024-01-02'", [[3n]]],
    ["SELECT count(*) FROM t x WHERE x.day >= DATE '2024-01-01' AND 2 <= x.id", [[2n]]],
    ['SELECT day FROM t WHERE id BETWEEN 3 AND 4', [['2024-01-02']]],
    ['WITH t AS (SELECT 42 AS id) SELECT id FROM t', [[42]]],
    ['SELECT a.id FROM t a JOIN lake.db.t b ON a.id = b.id + 1 ORDER BY 1', [[2n], [3n]]],
    ['SELECT (SELECT max(id) FROM t) - min(id) FROM t', [[2n]]],
    ['SELECT id FROM t UNION ALL SELECT id FROM empty ORDER BY id', [[1n], [2n], [3n]]],
    ['SELECT * FROM empty', []],
    ["SELECT n FROM t AS q (i, n, d) WHERE n = 'b'", [['b']]],
    [
      "SELECT 'FOR SYSTEM_VERSION AS OF 5' -- FOR SYSTEM_VERSION AS OF 6\n FROM t LIMIT 1",
      [['FOR SYSTEM_VERSION AS OF 5']],
    ],
  ])('%s', async (sql, expected) => {
    expect(await rows(sql)).toEqual(expected);
  });

  it('have fields with names and types, of empty tables too', async () => {
    const { fields } = await queryLake('SELECT * FROM empty', new Map([['lake', catalog]]), ctx);
    expect(fields).toEqual([
      { name: 'id', type: 'BIGINT' },
      { name: 'name', type: 'VARCHAR' },
      { name: 'day', type: 'DATE' },
    ]);
  });

  it.each([
    [1, 'SELECT count(*) FROM t FOR SYSTEM_VERSION AS OF %', 2n],
    [1, "SELECT count(*) FROM lake.db.t FOR SYSTEM_VERSION AS OF '%' AS old WHERE old.id > 0", 2n],
    [2, "SELECT count(*) FROM t FOR SYSTEM_VERSION AS OF % WHERE name <> 'é€'", 3n],
    [1, "SELECT 'é€😀' <> '' AND count(*) = 3 FROM t, (SELECT 1 FROM t FOR SYSTEM_VERSION AS OF % WHERE id = 1)", true],
  ])('see the table as it was after commit %i: %s', async (commit, sql, expected) => {
    expect(await rows(sql.replace('%', String(snapshotIds[commit - 1])))).toEqual([[expected]]);
  });

  it.each([
    ["'2024-01-01 00:30:00'", 'UTC', 2n],
    ["TIMESTAMP '2024-01-01 01:00:00'", 'UTC', 3n],
    ["'2024-01-01 01:30:00'", 'Europe/Paris', 2n],
  ])('see the table as it was at %s in %s', async (text, timeZone, expected) => {
    expect(await rows(`SELECT count(*) FROM t FOR SYSTEM_TIME AS OF ${text}`, { timeZone })).toEqual([[expected]]);
  });

  it.each([
    ['SELEC 1', 'SQL_SYNTAX', /syntax error at or near "SELEC"/],
    ['SELECT nope FROM t', 'SQL_VALIDATION', /"nope" not found/],
    ['SELECT * FROM nowhere', 'NOT_FOUND', /table 'nowhere': no catalog has one/],
    ['SELECT * FROM lake.none.t', 'NOT_FOUND', /table 'lake.none.t'/],
    ['SELECT * FROM twice', 'SQL_VALIDATION', /expected one, found lake.db.twice, lake.other.twice/],
    ['DELETE FROM t', 'UNSUPPORTED', /expected a SELECT/],
    ['SELECT 1; SELECT 2', 'UNSUPPORTED', /expected one statement/],
    ["COPY t TO '/tmp/x'", 'UNSUPPORTED', /expected a SELECT/],
    ["SELECT * FROM read_csv('/etc/passwd')", 'SQL_VALIDATION', /disabled by configuration/],
    ['SELECT * FROM t FOR SYSTEM_VERSION AS OF 5', 'NOT_FOUND', /expected snapshot 5, found none/],
    ["SELECT * FROM t FOR SYSTEM_TIME AS OF 'soon'", 'SQL_VALIDATION', /expected 'yyyy-mm-dd hh:mm:ss', got 'soon'/],
    ["SELECT * FROM t FOR SYSTEM_TIME AS OF '2020-01-01 00:00:00'", 'NOT_FOUND', /expected a snapshot at 2020-01-01/],
    ['SELECT * FROM t AT (VERSION => 5)', 'UNSUPPORTED', /AT \(…\)/],
  ])('%s is %s', async (sql, code, message) => {
    await expect(rows(sql)).rejects.toMatchObject({ code });
    await expect(rows(sql)).rejects.toThrow(message);
  });

  it('are bounded in rows', async () => {
    await expect(rows('SELECT * FROM t', { maxRows: 2 })).rejects.toMatchObject({ code: 'LIMIT' });
    expect(await rows('SELECT id FROM t ORDER BY id', { maxRows: 3 })).toEqual([[1n], [2n], [3n]]);
  });

  it('look first where one is', async () => {
    await expect(rows('SELECT * FROM twice', { currentDatabase: 'other' })).resolves.toEqual([]);
  });

  it('find columns by id: renamed, added, widened', async () => {
    await changeMetadata((metadata) => {
      const fields = [
        { id: 1, name: 'number', required: false, type: 'long' },
        { id: 9, name: 'name', required: false, type: 'string' }, // another column of an old name
        { id: 2, name: 'id', required: false, type: 'string' },
      ];
      const schema = { type: 'struct' as const, 'schema-id': 1, fields };
      return { ...metadata, schemas: [...metadata.schemas, schema], 'current-schema-id': 1, 'last-column-id': 9 };
    });
    expect(await rows("SELECT * FROM t WHERE id = 'b'")).toEqual([[2n, null, 'b']]);
    const old = `SELECT id, name FROM t FOR SYSTEM_VERSION AS OF ${snapshotIds[1]} WHERE id = 2`;
    expect(await rows(old)).toEqual([[2n, 'b']]);
  });
});

describe('planning', () => {
  const planned = async (value: number) => {
    const metadata = (await lake.loadTable(table))!;
    const predicate = { fieldId: 3, type: { kind: 'date' as const }, comparison: '=' as const, value };
    return planScan(metadata, storage, { travel: { kind: 'latest' }, predicates: () => [predicate] });
  };

  it('reads only what can match', async () => {
    expect((await planned(19_724)).files.map(({ recordCount }) => recordCount)).toEqual([1]);
    expect((await planned(1)).files).toEqual([]);
  });
});

/** As another engine would change the table. */
async function changeMetadata(change: (metadata: TableMetadata) => TableMetadata): Promise<void> {
  const files = (await storage.list(paths.warehouse)).filter(
    (uri) => uri.includes('/t/') && uri.endsWith('.metadata.json'),
  );
  const location = files.at(-1)!;
  const metadata = parseJson<TableMetadata>(new TextDecoder().decode(await storage.read(location)), location);
  await storage.write(location, new TextEncoder().encode(printJson(change(metadata))));
}
