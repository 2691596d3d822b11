import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ParquetRequest } from '../../src/formats/parquet-column.ts';
import { encodeParquet } from '../../src/formats/parquet-writer.ts';
import { createIcebergCatalog } from '../../src/iceberg/catalog.ts';
import { type DataFileJson, dataFileFromJson } from '../../src/iceberg/data-file.ts';
import { queryLake } from '../../src/iceberg/query.ts';
import type { SingleValue } from '../../src/iceberg/single-value.ts';
import { applyTransform } from '../../src/iceberg/transform.ts';
import { batchOf, type Column, type ColumnBatch, gatherBatch, valueAt, widen } from '../../src/model/column.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { Committer, WriterContext } from '../../src/model/sink.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import type { Catalog, TableDefinition } from '../../src/model/table.ts';
import { type DataType, types } from '../../src/model/types.ts';
import { icebergSinkFactory } from '../../src/sinks/iceberg.ts';
import type { IcebergPartitionField, IcebergSinkConfig } from '../../src/sinks/iceberg-config.ts';
import { IcebergWriter, type IcebergWriterOptions } from '../../src/sinks/iceberg-writer.ts';
import { LocalStorage } from '../../src/storage/local-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-iceberg-'));
const now = (): number => 1_700_000_000_000;
const ctx = { jobName: 'job', timeZone: 'UTC', workingDirectory: directory, warn: () => {}, now };
let catalog: Catalog;
beforeAll(async () => {
  const options = new Map([
    ['type', 'iceberg'],
    ['catalog-type', 'jdbc'],
    ['uri', 'jdbc:sqlite:lake.db'],
    ['warehouse', 'wh'],
  ]);
  catalog = await createIcebergCatalog('lake', options, ctx);
  await catalog.createDatabase('db', { ifNotExists: false, properties: new Map() });
});
afterAll(async () => {
  await catalog.close();
  rmSync(directory, { recursive: true });
});

const writerContext: WriterContext = {
  jobName: 'job',
  subtaskIndex: 3,
  parallelism: 4,
  runId: 'r',
  counters: { add: () => {} },
  now,
  host: {
    print: async () => {},
    collect: async () => {},
    // As in the pool: buffers move, so that a writer that keeps using them fails.
    runTask: async (_task, payload, transfer) =>
      encodeParquet(structuredClone(payload, { transfer: [...transfer] }) as ParquetRequest),
  },
};

let tables = 0;

type Columns = readonly (readonly [string, DataType])[];

/** A new table of these columns, its sink's configuration and name. */
async function newTable(
  columns: Columns,
  options: Readonly<Record<string, string>> = {},
): Promise<{ config: IcebergSinkConfig; name: string }> {
  const name = `t${tables++}`;
  await catalog.createTable(
    {
      kind: 'table',
      path: { catalog: 'lake', database: 'db', name },
      columns: columns.map(([column, type]) => ({ kind: 'physical', name: column, type })),
      watermark: null,
      primaryKey: [],
      partitionedBy: [],
      options: new Map(Object.entries(options)),
    },
    { ifNotExists: false },
  );
  const table = (await catalog.getTable('db', name)) as TableDefinition;
  return { config: (await icebergSinkFactory.plan(table, ctx)) as IcebergSinkConfig, name };
}

let ids = 0;

function writerOf(config: IcebergSinkConfig, options: Partial<IcebergWriterOptions> = {}): IcebergWriter {
  return new IcebergWriter(config, writerContext, {
    storage: new LocalStorage(),
    newId: () => `id-${ids++}`,
    ...options,
  });
}

async function filesOf(writer: IcebergWriter, config: IcebergSinkConfig) {
  const committables = JSON.parse(JSON.stringify(await writer.prepareCommit())) as { files: DataFileJson[] }[];
  const fields = config.partition.map(({ field }) => field);
  return committables.flatMap(({ files }) => files.map((file) => dataFileFromJson(file, fields)));
}

/** Writes the batches as one epoch, commits it, and reads the table. */
async function roundTrip(config: IcebergSinkConfig, name: string, batches: readonly ColumnBatch[], select = '*') {
  const writer = writerOf(config, { maxOpenBytes: 20_000 });
  for (const batch of batches) {
    await writer.ready();
    writer.write(batch);
  }
  const committer = icebergSinkFactory.committer(config, ctx) as Committer;
  await committer.open('run');
  const committables = await writer.prepareCommit();
  const epoch = { runId: 'run', checkpointId: 1 };
  await committer.commit(
    await committer.prepare(epoch, committables, { jobName: 'job', watermark: null, offsets: [] }),
  );
  await committer.close();
  await writer.close();
  return (await queryLake(`SELECT ${select} FROM ${name}`, new Map([['lake', catalog]]), ctx)).rows;
}

/** Microseconds of a few days, which share hours and days. */
const nearEpoch = fc.integer({ min: -172_800_000_000, max: 172_800_000_000 });

/** Columns of every kind in every layout. Values as the column holds them. */
const everyKind: readonly Readonly<{ type: DataType; values: fc.Arbitrary<unknown> }>[] = [
  { type: types.of('boolean'), values: fc.integer({ min: 0, max: 1 }) },
  { type: types.of('tinyint'), values: fc.integer({ min: -128, max: 127 }) },
  { type: types.of('int'), values: fc.integer() },
  {
    type: types.of('bigint'),
    values: fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  },
  { type: types.of('float'), values: fc.float({ noNaN: true }) },
  { type: types.of('double'), values: fc.double({ noNaN: true }) },
  { type: types.decimal(9, 2), values: fc.integer({ min: -999_999_999, max: 999_999_999 }) },
  {
    type: types.decimal(38, 4),
    values: fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })),
  },
  { type: types.of('date'), values: fc.integer({ min: -700_000, max: 2_000_000 }) },
  {
    type: types.timestamp(6),
    values: fc.oneof(nearEpoch, fc.integer({ min: -62_000_000_000_000_000, max: 9_000_000_000_000_000 })),
  },
  { type: types.timestampLtz(6), values: fc.bigInt({ min: -62_000_000_000_000_000n, max: 200_000_000_000_000_000n }) },
  { type: types.string(), values: fc.string({ unit: 'grapheme' }) },
  { type: types.bytes(), values: fc.uint8Array() },
];

function columnOf(type: DataType, values: readonly unknown[], pool: StringPool | null): Column {
  const nulls = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 1 : 0)) : null;
  switch (type.kind) {
    case 'boolean':
      return { layout: 'bool', values: Uint8Array.from(values as number[]), nulls };
    case 'tinyint':
    case 'int':
    case 'date':
      return { layout: 'i32', values: Int32Array.from(values as number[]), nulls };
    case 'float':
    case 'double':
      return { layout: 'f64', values: Float64Array.from(values as number[]), nulls };
    case 'varchar':
    case 'varbinary':
      return stringColumn(values as (string | Uint8Array | null)[], nulls, pool);
    default:
      return integerColumn(type, values as (number | bigint | null)[], nulls);
  }
}

function integerColumn(type: DataType, values: readonly (number | bigint | null)[], nulls: Uint8Array | null): Column {
  if (!values.some((value) => typeof value === 'bigint')) {
    return { layout: 'int', wide: false, values: Float64Array.from(values, (value) => Number(value ?? 0)), nulls };
  }
  const wide = values.map((value) => BigInt(value ?? 0));
  return { layout: 'int', wide: true, values: type.kind === 'decimal' ? wide : BigInt64Array.from(wide), nulls };
}

function stringColumn(
  values: readonly (string | Uint8Array | null)[],
  nulls: Uint8Array | null,
  pool: StringPool | null,
): Column {
  const parts = values.map((value) => Buffer.from(value ?? 'the value beside a NULL'));
  if (pool !== null) {
    const codes = parts.map((part) => pool.intern(part, 0, part.length));
    return { layout: 'string', encoding: 'codes', values: Int32Array.from(codes), pool, nulls };
  }
  const ends = parts.map((_, i) => parts.slice(0, i + 1).reduce((sum, part) => sum + part.length, 0));
  const starts = ends.map((end, i) => end - parts[i]!.length);
  return {
    layout: 'string',
    encoding: 'bytes',
    bytes: Buffer.concat(parts),
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
    nulls,
  };
}

const rows = fc.array(fc.tuple(...everyKind.map(({ values }) => fc.option(values))), { minLength: 1, maxLength: 30 });
const kinds: Columns = everyKind.map(({ type }, index) => [`c${index}`, type]);

function batchOfRows(values: readonly (readonly unknown[])[], pool: StringPool | null): ColumnBatch {
  return batchOf(
    values.length,
    everyKind.map(({ type }, index) =>
      columnOf(
        type,
        values.map((row) => row[index]),
        pool,
      ),
    ),
  );
}

/** The partition value, by the transform of this one value. */
function expectedKey({ field }: IcebergPartitionField, value: unknown): unknown {
  const { sourceType, transform } = field;
  if (value === null) return null;
  const wide = ['long', 'decimal', 'timestamp', 'timestamptz'].includes(sourceType.kind);
  const single = wide ? BigInt(value as number) : value;
  const key = applyTransform(transform, sourceType, single as SingleValue);
  return key instanceof Uint8Array ? Uint8Array.from(key) : key;
}

async function rowNumbersOf(path: string): Promise<number[]> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const reader = await connection.runAndReadAll(`SELECT "row" FROM read_parquet('${path.replace('file://', '')}')`);
  connection.closeSync();
  return reader.getRows().map(([row]) => Number(row));
}

/** A value as the table should hold it, in a form that does not care for the way of printing. */
const micros = (column: string): string => `epoch_us(${column})::BIGINT`;
const select = kinds
  .map(([name, { kind }]) =>
    kind === 'timestamp' || kind === 'timestamp_ltz'
      ? micros(name)
      : kind === 'date'
        ? `${name} - DATE '1970-01-01'`
        : name,
  )
  .join(', ');

function normal(type: DataType, value: unknown): unknown {
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (type.kind === 'boolean') return value === 1 || value === true;
  if (type.kind === 'decimal')
    return typeof value === 'string' ? BigInt(value.replace('.', '')) : BigInt(value as number);
  if (type.kind === 'float' || type.kind === 'double') return Number(value);
  return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : value;
}

const sorted = (values: readonly (readonly unknown[])[]): string[] =>
  values.map((row) => row.map((value, i) => `${normal(everyKind[i]!.type, value)}`).join('|')).sort();

describe('rows', () => {
  it('of every type, in every layout, are in the table as they came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 4 }), fc.boolean(), async (batches, coded) => {
        const { config, name } = await newTable(kinds);
        const pool = coded ? new StringPool() : null;
        const found = await roundTrip(
          config,
          name,
          batches.map((values) => batchOfRows(values, pool)),
          select,
        );
        expect(sorted(found)).toEqual(sorted(batches.flat()));
      }),
      { numRuns: 12 },
    );
  });

  it('are in the file of their partition', async () => {
    const partitionings = [
      'hour(c9), bucket(3, c10)',
      'day(c10), truncate(2, c11)',
      'month(c9), month(c8), bucket(4, c12)',
      'year(c10), day(c8), truncate(100, c3), truncate(100, c7)',
      'c1, c4, c6, bucket(5, c2)',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...partitionings), rows, fc.boolean(), async (partitioning, values, coded) => {
        const columns = [...kinds, ['row', types.of('int')] as const];
        const { config } = await newTable(columns, { 'millrace.partitioning': partitioning });
        const writer = writerOf(config);
        const numbers: Column = { layout: 'i32', values: Int32Array.from(values.keys()), nulls: null };
        const batch = batchOfRows(values, coded ? new StringPool() : null);
        writer.write(batchOf(values.length, [...batch.columns, numbers]));
        const seen: number[] = [];
        for (const file of await filesOf(writer, config)) {
          for (const row of await rowNumbersOf(file.path)) {
            seen.push(row);
            expect(file.partition).toEqual(
              config.partition.map((field) => expectedKey(field, values[row]![field.column])),
            );
          }
        }
        expect(seen.sort((a, b) => a - b)).toEqual([...values.keys()]);
      }),
      { numRuns: 25 },
    );
  });

  it('in partitions too, each file in one', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.boolean(), async (values, coded) => {
        const partitioning = 'bucket(2, c3), truncate(1, c11), c0, year(c8), bucket(3, c7), truncate(1, c12)';
        const { config, name } = await newTable(kinds, { 'millrace.partitioning': partitioning });
        const batch = batchOfRows(values, coded ? new StringPool() : null);
        expect(sorted(await roundTrip(config, name, [batch], select))).toEqual(sorted(values));
      }),
      { numRuns: 6 },
    );
  });

  it('are copied: the batch can change once it is written', async () => {
    const { config, name } = await newTable([['c', types.string()]]);
    const writer = writerOf(config);
    const pool = new StringPool();
    const column = stringColumn(['a', 'b'], null, pool) as Column & { values: Int32Array };
    writer.write(batchOf(2, [column]));
    column.values.fill(0);
    pool.clear();
    pool.internString('zzzz');
    const [file] = await filesOf(writer, config);
    expect([file!.lowerBounds.get(1), file!.upperBounds.get(1)]).toEqual([Uint8Array.of(97), Uint8Array.of(98)]);
    expect(name).toBeDefined();
  });

  it('TIMESTAMP(3) and TIME become microseconds', async () => {
    const { config } = await newTable([
      ['t', types.time()],
      ['l', types.timestamp(6)],
    ]);
    const columns = config.columns.map((column, i) => (i === 1 ? { ...column, source: types.timestamp(3) } : column));
    const writer = writerOf({ ...config, columns });
    const times: Column = { layout: 'i32', values: Int32Array.of(1000, 86_399_999), nulls: null };
    const stamps: Column = { layout: 'int', wide: false, values: Float64Array.of(-1, 2 ** 52), nulls: null };
    writer.write(batchOf(2, [times, stamps]));
    const [file] = await filesOf(writer, config);
    const bound = (id: number, map: 'lowerBounds' | 'upperBounds'): bigint =>
      Buffer.from(file![map].get(id)!).readBigInt64LE();
    expect([bound(1, 'lowerBounds'), bound(1, 'upperBounds')]).toEqual([1_000_000n, 86_399_999_000n]);
    expect([bound(2, 'lowerBounds'), bound(2, 'upperBounds')]).toEqual([-1000n, 2n ** 52n * 1000n]);
  });

  it('beyond 64 bits of microseconds are refused by the column', async () => {
    const { config } = await newTable([['at', types.timestamp(6)]]);
    const columns = [{ ...config.columns[0]!, source: types.timestamp(3) }];
    const writer = writerOf({ ...config, columns });
    const stamps = widen({ layout: 'int', wide: false, values: Float64Array.of(2 ** 53), nulls: null }, 1);
    stamps.values[0] = 2n ** 62n;
    expect(() => writer.write(batchOf(1, [stamps]))).toThrow(/column 'at': 4611686018427387904 is beyond 64 bits/);
  });

  it('with NULL in a NOT NULL column are refused', async () => {
    const { config } = await newTable([['id', types.of('bigint', false)]]);
    const column = integerColumn(types.of('bigint'), [1, null], Uint8Array.of(0, 1));
    expect(() => writerOf(config).write(batchOf(2, [column]))).toThrow("column 'id' is NOT NULL, but a NULL value");
  });

  it('that are changes are refused', async () => {
    const { config } = await newTable([['id', types.of('bigint')]]);
    const column = integerColumn(types.of('bigint'), [1, 2], null);
    const batch = { ...batchOf(2, [column]), ops: Uint8Array.of(0, 2) };
    expect(() => writerOf(config).write(batch)).toThrow(/updates and deletes can't be written/);
    writerOf(config).write({ ...batch, ops: Uint8Array.of(0, 0) });
  });
});

const idColumns: Columns = [
  ['id', types.of('bigint')],
  ['p', types.of('int')],
];

function idBatch(from: number, count: number, partitions: number): ColumnBatch {
  const id: Column = {
    layout: 'int',
    wide: false,
    values: Float64Array.from({ length: count }, (_, i) => from + i),
    nulls: null,
  };
  const p: Column = {
    layout: 'i32',
    values: Int32Array.from({ length: count }, (_, i) => i % partitions),
    nulls: null,
  };
  return batchOf(count, [id, p]);
}

describe('files', () => {
  it('one a partition and epoch, named by subtask', async () => {
    const { config } = await newTable(idColumns, { 'millrace.partitioning': 'p' });
    const writer = writerOf(config);
    for (const from of [0, 100]) writer.write(idBatch(from, 100, 4));
    const files = await filesOf(writer, config);
    expect(files.map(({ recordCount, partition }) => [recordCount, partition])).toEqual(
      [0, 1, 2, 3].map((p) => [50, [p]]),
    );
    for (const file of files) expect(file.path).toMatch(/\/data\/p=\d\/00003-id-\d+\.parquet$/);
    expect(await writer.prepareCommit()).toEqual([]);
    writer.write(idBatch(0, 10, 1));
    expect((await filesOf(writer, config)).map(({ partition }) => partition)).toEqual([[0]]);
  });

  it('are closed when open ones hold too many bytes, the largest first, and the caller waits', async () => {
    const { config } = await newTable(idColumns, { 'millrace.partitioning': 'p' });
    const writer = writerOf(config, { maxOpenBytes: 30_000 });
    let waits = 0;
    for (let from = 0; from < 20_000; from += 1000) {
      const ready = writer.ready();
      if (ready !== null) waits++;
      await ready;
      writer.write(idBatch(from, 1000, 3));
    }
    const files = await filesOf(writer, config);
    expect(files.length).toBeGreaterThan(9);
    expect(files.reduce((sum, file) => sum + file.recordCount, 0)).toBe(20_000);
    expect(waits).toBeGreaterThan(0);
  });

  it('a row written while an epoch closes belongs to the next', async () => {
    const { config } = await newTable(idColumns);
    const writer = writerOf(config);
    writer.write(idBatch(0, 5, 1));
    const first = filesOf(writer, config);
    writer.write(idBatch(5, 7, 1));
    expect((await first).map(({ recordCount }) => recordCount)).toEqual([5]);
    expect((await filesOf(writer, config)).map(({ recordCount }) => recordCount)).toEqual([7]);
  });

  it('that can not be written fail the epoch, and whoever writes on', async () => {
    const { config } = await newTable(idColumns);
    const full = new EngineError('IO', 'ENOSPC: no space left on device');
    const storage: Storage = Object.assign(new LocalStorage(), { write: () => Promise.reject(full) });
    const writer = writerOf(config, { storage });
    writer.write(idBatch(0, 5, 1));
    await expect(writer.prepareCommit()).rejects.toBe(full);
    expect(() => writer.write(idBatch(0, 5, 1))).toThrow('ENOSPC');
    await expect(writer.prepareCommit()).rejects.toBe(full);
    await writer.close();
  });

  it('have the codec and the metrics that the table asks for', async () => {
    const { config } = await newTable(idColumns, {
      'write.parquet.compression-codec': 'snappy',
      'write.metadata.metrics.default': 'none',
      'write.metadata.metrics.column.id': 'full',
    });
    expect(config.codec).toBe('snappy');
    const writer = writerOf(config);
    writer.write(gatherBatch(idBatch(0, 5, 1), Int32Array.of(1, 3), 2));
    const [file] = await filesOf(writer, config);
    expect([...file!.valueCounts.keys()]).toEqual([1]);
    expect([...file!.columnSizes.keys()]).toEqual([1, 2]);
    expect(valueAt(idBatch(0, 5, 1).columns[0]!, types.of('bigint'), 3)).toBe(3);
  });
});

describe('planning', () => {
  const planned = async (columns: Columns, declared: Columns): Promise<unknown> => {
    const { config, name } = await newTable(columns);
    const table = (await catalog.getTable('db', name)) as TableDefinition;
    const physical = declared.map(([column, type]) => ({ kind: 'physical' as const, name: column, type }));
    expect(config.tableName).toContain(name);
    return icebergSinkFactory.plan({ ...table, columns: physical }, ctx);
  };

  it.each<readonly [string, Columns, Columns, RegExp]>([
    [
      'another type',
      [['a', types.of('bigint')]],
      [['a', types.of('int')]],
      /column 'a': expected long, got INT, which is Iceberg's int/,
    ],
    [
      'no such column',
      [['a', types.of('bigint')]],
      [['b', types.of('bigint')]],
      /column 'b': the Iceberg table has none/,
    ],
    [
      'fixed',
      [['a', { kind: 'binary', length: 4, nullable: true }]],
      [['a', { kind: 'binary', length: 4, nullable: true }]],
      /does not write Iceberg's fixed\[4\]/,
    ],
    [
      'a required column is missing',
      [
        ['a', types.of('bigint', false)],
        ['b', types.string()],
      ],
      [['b', types.string()]],
      /column 'a' is required/,
    ],
  ])('%s: refused', async (_name, columns, declared, message) => {
    await expect(planned(columns, declared)).rejects.toThrow(message);
  });

  it('a table that is not there is named', async () => {
    const { name } = await newTable(idColumns);
    const table = (await catalog.getTable('db', name)) as TableDefinition;
    await catalog.dropTable('db', name, { ifExists: false, kind: 'table' });
    await expect(icebergSinkFactory.plan(table, ctx)).rejects.toThrow(
      `table 'db.${name}': the Iceberg catalog has none`,
    );
  });

  it('configurations are plain data', async () => {
    const { config } = await newTable(idColumns, { 'millrace.partitioning': 'bucket(2, id)' });
    expect(structuredClone(config)).toEqual(config);
  });
});
