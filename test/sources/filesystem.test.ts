import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileOptionSpecs, filesystemDescription } from '../../src/formats/file-options.ts';
import { formats } from '../../src/formats/registry.ts';
import { valueAt } from '../../src/model/column.ts';
import type { ScanColumn } from '../../src/model/plan.ts';
import type { SourceSplit } from '../../src/model/source.ts';
import { types } from '../../src/model/types.ts';
import { filesystemSourceFactory } from '../../src/sources/filesystem.ts';
import {
  connectorContext,
  drain,
  physicalColumns,
  readerContext,
  type TestReaderContext,
  tableOf,
} from '../support/reader-harness.ts';
import { describeSource } from '../support/source-conformance.ts';

const factory = filesystemSourceFactory(formats);
const fields = [
  { name: 'a', type: types.of('int') },
  { name: 's', type: types.string() },
];
const columns = physicalColumns(fields);

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-files-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Options = Readonly<Record<string, string>>;

function planOf(options: Options = {}, scan: readonly ScanColumn[] = columns) {
  const given = { connector: 'filesystem', path: directory, format: 'json', ...options };
  return factory.plan(tableOf(fields, given), scan, connectorContext(directory));
}

type Read = { rows: unknown[][]; context: TestReaderContext; ended: readonly string[]; splits: SourceSplit[] };

async function read(
  options: Options = {},
  scan: readonly ScanColumn[] = columns,
  restored: readonly SourceSplit[] | null = null,
): Promise<Read> {
  const config = planOf(options, scan);
  const context = readerContext(scan, { batchRows: 3 });
  const reader = factory.reader(config, context);
  reader.addSplits(await factory.enumerator(config, connectorContext()).start(restored));
  reader.noMoreSplits();
  const { rows } = await drain(reader, scan);
  const result = { rows, context, ended: reader.endedSplits(), splits: reader.snapshot() };
  await reader.close();
  return result;
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function records(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => `{"a":${from + i},"s":"x${from + i}"}\n`).join('');
}

describe('with two files and few rows a batch', () => {
  beforeEach(() => {
    file('a.json', records(0, 8));
    file('b/c.json', records(8, 13));
  });
  describeSource('filesystem', () => {
    const config = structuredClone(planOf());
    return {
      enumerator: () => factory.enumerator(config, connectorContext()),
      reader: () => factory.reader(config, readerContext(columns, { batchRows: 3 })),
      rowOf: (batch, row) => String(valueAt(batch.columns[0]!, columns[0]!.type, row)),
    };
  });
});

describe('the filesystem source', () => {
  it('reads the files below a directory in order, hidden ones left out', async () => {
    file('b.json', records(3, 5));
    file('a.json', records(0, 3));
    file('sub/c.json', records(5, 6));
    for (const name of ['.hidden.json', '_temporary/d.json', '.part-1.inprogress']) file(name, records(9, 10));
    const { rows, ended, splits } = await read();
    expect(rows).toEqual([0, 1, 2, 3, 4, 5].map((i) => [i, `x${i}`]));
    expect(ended).toHaveLength(3);
    expect(splits[0]!.position).toEqual({ offset: records(0, 3).length, line: 3, index: 0, ended: true });
  });

  it('follows links to files but not to directories, which may lead in circles', async () => {
    file('real/a.json', records(0, 1));
    symlinkSync(directory, join(directory, 'real/circle'));
    symlinkSync(join(directory, 'real/a.json'), join(directory, 'link.json'));
    expect((await read()).rows).toEqual([
      [0, 'x0'],
      [0, 'x0'],
    ]);
  });

  it.each(['data.jsonl', './data.jsonl', 'file://DIR/data.jsonl', 'file:DIR/data.jsonl'])(
    'takes the path %s',
    async (path) => {
      file('data.jsonl', records(0, 2));
      expect((await read({ path: path.replace('DIR', directory) })).rows).toHaveLength(2);
    },
  );

  it('takes files whose whole path matches a pattern', async () => {
    file('a.json', records(0, 1));
    file('b.txt', records(1, 2));
    expect((await read({ 'source.path.regex-pattern': '.*\\.txt' })).rows).toEqual([[1, 'x1']]);
    expect(() => planOf({ 'source.path.regex-pattern': '(' })).toThrow(/expected a regular expression, got '\('/);
  });

  it('reads CRLF, a last line without an end, empty lines, and an empty file', async () => {
    file('a.json', '{"a":1}\r\n\n{"a":2}\n\r\n{"a":3}');
    file('b.json', '');
    const { rows, context } = await read();
    expect(rows.map(([a]) => a)).toEqual([1, 2, 3]);
    expect(context.bad).toEqual([]);
  });

  it('reads lines longer than its buffer', async () => {
    const long = 'y'.repeat(3_000_000);
    file('a.json', `${records(0, 1)}{"a":1,"s":"${long}"}\n${records(2, 3)}`);
    const { rows } = await read();
    expect(rows.map(([a, s]) => [a, String(s).length])).toEqual([
      [0, 2],
      [1, long.length],
      [2, 2],
    ]);
  });

  it('reads CSV with line feeds inside quotes', async () => {
    file('a.csv', '1,"x\ny"\n2,z\n');
    expect((await read({ format: 'csv' })).rows).toEqual([
      [1, 'x\ny'],
      [2, 'z'],
    ]);
  });

  it('reads gzip, also from the middle', async () => {
    file('a.json.gz', gzipSync(records(0, 6)));
    expect((await read()).rows).toHaveLength(6);
    const offset = records(0, 4).length;
    const split = { id: join(directory, 'a.json.gz'), position: { offset, line: 4, index: 0, ended: false } };
    expect((await read({}, columns, [split])).rows).toEqual([
      [4, 'x4'],
      [5, 'x5'],
    ]);
    file('b.json.xz', 'x');
    await expect(read()).rejects.toThrow(/b\.json\.xz: files compressed as \.xz are not read/);
  });

  it('gives metadata of the file', async () => {
    const path = file('a.json', records(0, 1));
    const scan: ScanColumn[] = [
      { kind: 'metadata', name: 'p', key: 'file.path', type: types.string(false) },
      columns[0]!,
      { kind: 'metadata', name: 'n', key: 'file.name', type: types.string(false) },
      { kind: 'metadata', name: 'z', key: 'file.size', type: types.of('bigint', false) },
    ];
    expect((await read({}, scan)).rows).toEqual([[path, 0, 'a.json', records(0, 1).length]]);
  });

  it('hands over bad records with path and line, and goes on', async () => {
    const path = file('a.json', `${records(0, 1)}not json\n${records(2, 3)}`);
    const { rows, context } = await read();
    expect(rows).toHaveLength(2);
    expect(context.bad).toMatchObject([{ source: path, offset: 2, error: expect.stringContaining("expected 'null'") }]);
    expect(Buffer.from(context.bad[0]!.value).toString()).toBe('not json');
  });

  it('goes on from any position: before and after are all rows, each once', async () => {
    file('a.json', records(0, 8));
    file('b.json', records(8, 13));
    const all = Array.from({ length: 13 }, (_, i) => [i, `x${i}`]);
    for (let polls = 0; polls <= 6; polls++) {
      const config = planOf();
      const reader = factory.reader(config, readerContext(columns, { batchRows: 3 }));
      reader.addSplits(await factory.enumerator(config, connectorContext()).start(null));
      const { rows } = await drain(reader, columns, { polls });
      const snapshot = JSON.parse(JSON.stringify(reader.snapshot())) as SourceSplit[];
      await reader.close();
      const after = await read({}, columns, snapshot);
      expect([...rows, ...after.rows]).toEqual(all);
    }
  });

  it('finds new files while it watches, and new ones after a restart', async () => {
    file('a.json', records(0, 1));
    const config = planOf({ 'source.monitor-interval': '1 s' });
    expect(factory.bounded(config)).toBe(false);
    expect(factory.bounded(planOf())).toBe(true);
    const enumerator = factory.enumerator(config, connectorContext());
    expect(enumerator.discoveryIntervalMs).toBe(1000);
    const first = await enumerator.start(null);
    expect(await enumerator.discover()).toEqual([]);
    const path = file('b.json', records(1, 2));
    const [found] = await enumerator.discover();
    expect(found).toMatchObject({ id: path, position: { offset: 0, index: 1 } });
    const again = factory.enumerator(config, connectorContext());
    expect((await again.start(first)).map(({ id }) => id)).toEqual([first[0]!.id, path]);
    expect([first[0]!, found!].map((split) => enumerator.assign(split, 2))).toEqual([0, 1]);
  });

  it('uses as many subtasks as there are files', async () => {
    file('a.json', '');
    file('b.json', '');
    expect(await factory.maxParallelism(planOf(), connectorContext())).toBe(2);
  });

  it('says what is wrong with the path, the format and the options', async () => {
    await expect(read({ path: '/does/not/exist' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(() => planOf({ path: 's3://bucket/x' })).toThrow(/expected a local path/);
    expect(() => planOf({ format: 'orc' })).toThrow(/expected one of 'json', 'csv', 'raw', .*, got 'orc'/);
    expect(() => planOf({ 'json.ignore-parse-error': 'true' })).toThrow(/unknown option/);
    expect(() => planOf({ 'csv.null-literal': 'x' })).toThrow(/unknown option/);
    const both = { 'json.ignore-parse-errors': 'true', 'json.fail-on-missing-field': 'true' };
    expect(() => planOf(both)).toThrow(/at most one of/);
  });

  it('is described with all its options, those of the formats too', () => {
    const keys = fileOptionSpecs(formats).map(({ key }) => key);
    expect(keys).toEqual([...new Set(keys)]);
    expect(keys).toEqual(
      expect.arrayContaining(['path', 'json.ignore-parse-errors', 'csv.null-literal', 'raw.endianness']),
    );
    expect(filesystemDescription.example).toContain("'connector' = 'filesystem'");
  });
});
