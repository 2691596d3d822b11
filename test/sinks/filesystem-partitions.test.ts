import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/registry.ts';
import type { ConnectorConfig } from '../../src/model/connector.ts';
import { StringPool } from '../../src/model/string-pool.ts';
import type { TableDefinition } from '../../src/model/table.ts';
import { types } from '../../src/model/types.ts';
import { filesystemSinkFactory } from '../../src/sinks/filesystem.ts';
import { filesystemSourceFactory } from '../../src/sources/filesystem.ts';
import { batchOfRows, type Row } from '../support/operator-harness.ts';
import { connectorContext, drain, physicalColumns, readerContext, tableOf } from '../support/reader-harness.ts';
import { writerContext } from '../support/writer-context.ts';

// Partitions as directories, written and read back.

const fields = [
  { name: 'n', type: types.of('int') },
  { name: 'city', type: types.string() },
  { name: 'at', type: types.timestamp(3) },
];
const scratch = mkdtempSync(join(tmpdir(), 'millrace-partitions-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let directories = 0;
const newDirectory = (): string => join(scratch, String(directories++));

function tableIn(
  path: string,
  options: Readonly<Record<string, string>> = {},
  partitionedBy = ['city', 'at'],
): TableDefinition {
  return { ...tableOf(fields, { connector: 'filesystem', path, format: 'json', ...options }), partitionedBy };
}

const sink = filesystemSinkFactory(formats);
const source = filesystemSourceFactory(formats);
const info = { jobName: 'job', watermark: null, offsets: [] };

async function write(table: TableDefinition, rows: readonly Row[]): Promise<void> {
  const config = (await sink.plan(table, connectorContext())) as ConnectorConfig;
  const committer = sink.committer(config, connectorContext())!;
  await committer.open('run');
  await committer.recover(null, { force: false });
  const writer = sink.writer(config, writerContext());
  writer.write(batchOfRows(fields, rows, { pool: new StringPool() }));
  const committables = await writer.prepareCommit(1);
  expect(visible(table.options.get('path')!)).toEqual([]);
  await committer.commit(await committer.prepare({ runId: 'run', checkpointId: 1 }, committables, info));
  await writer.close();
}

/** Files that a reader sees, by their directories. */
function visible(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory, { recursive: true }) as string[];
  return names.filter((name) => /part-[^/]*$/.test(name) && !/\/?\.part/.test(name)).sort();
}

async function read(table: TableDefinition, wanted = fields): Promise<Row[]> {
  const columns = physicalColumns(wanted);
  const config = source.plan(table, columns, connectorContext());
  const enumerator = source.enumerator(config, connectorContext());
  const reader = source.reader(config, readerContext(columns));
  reader.addSplits(await enumerator.start(null));
  reader.noMoreSplits();
  const { rows } = await drain(reader, columns);
  await reader.close();
  return rows.sort((a, b) => Number(a[0]) - Number(b[0]));
}

describe('a table of partitions', () => {
  const rows: Row[] = [
    [1, 'Paris', 0],
    [2, 'a/b=c%', 1_500],
    [3, null, 0],
    [4, 'Paris', 0],
    [5, '', null],
  ];

  it('has a directory for each, without their columns in the files, and gives them back', async () => {
    const table = tableIn(newDirectory());
    await write(table, rows);
    const path = table.options.get('path')!;
    expect([...new Set(visible(path).map((name) => name.replace(/\/part-.*/, '')))]).toEqual([
      'city=Paris/at=1970-01-01T00%3A00',
      'city=__DEFAULT_PARTITION__/at=1970-01-01T00%3A00',
      'city=__DEFAULT_PARTITION__/at=__DEFAULT_PARTITION__',
      'city=a%2Fb%3Dc%25/at=1970-01-01T00%3A00%3A01.500',
    ]);
    const [first] = visible(path);
    expect(readFileSync(join(path, first!), 'utf8')).toBe('{"n":1}\n{"n":4}\n');
    expect(await read(table)).toEqual(rows.map(([n, city, at]) => [n, city === '' ? null : city, at]));
    expect(await read(table, [fields[1]!])).toHaveLength(5);
  });

  it('tells when a partition has what a checkpoint gave it', async () => {
    const table = tableIn(
      newDirectory(),
      {
        'sink.partition-commit.policy.kind': 'success-file',
        'sink.partition-commit.success-file.name': '_DONE',
      },
      ['city'],
    );
    await write(table, rows.slice(0, 1));
    expect(readdirSync(join(table.options.get('path')!, 'city=Paris'))).toContain('_DONE');
    expect(await read(table)).toEqual(rows.slice(0, 1));
  });

  it('keeps so many files open at once', async () => {
    const table = tableIn(newDirectory(), {}, ['city']);
    const many = Array.from({ length: 300 }, (_, i): Row => [i, `c${i}`, 0]);
    await write(table, [...many, [300, 'c0', 0]]);
    expect(visible(table.options.get('path')!)).toHaveLength(301);
    expect(await read(table)).toHaveLength(301);
  });

  it('says which file has no such directory', async () => {
    const path = newDirectory();
    mkdirSync(join(path, 'town=x'), { recursive: true });
    writeFileSync(join(path, 'town=x', 'a.json'), '{"n":1}\n');
    await expect(read(tableIn(path, {}, ['city']))).rejects.toThrow(
      /a.json: expected a directory city=… with STRING, found none/,
    );
  });

  it.each<[Readonly<Record<string, string>>, string[], RegExp]>([
    [
      { 'sink.partition-commit.trigger': 'sometime' },
      ['city'],
      /'sink.partition-commit.trigger': expected one of 'process-time', 'partition-time'/,
    ],
    [{ 'partition.time-extractor.kind': 'custom' }, ['city'], /'partition.time-extractor.kind'/],
    [{ 'auto-compaction': 'true' }, ['city'], /'auto-compaction': expected one of 'false'/],
    [{ format: 'avro' }, ['city'], /files of 'avro' are not built/],
  ])('%o is refused', (options, partitionedBy, message) => {
    expect(() => sink.plan(tableIn('/x', options, partitionedBy), connectorContext())).toThrow(message);
  });
});
