import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { until } from '../support/fault-folder.ts';
import { holdJob } from '../support/fault-job.ts';

// A job is stopped with a savepoint, its script is changed, and it goes on at another parallelism.

vi.setConfig({ testTimeout: 60_000 });

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-changed-'));
  mkdirSync(join(directory, 'in'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const half = 60;

/** Rows number [from, to): of five keys. */
function give(name: string, from: number, to: number): void {
  const rows = Array.from({ length: to - from }, (_, i) => {
    const id = from + i;
    const ts = new Date(Date.UTC(2026, 0, 1) + id * 1000).toISOString().slice(0, 19).replace('T', ' ');
    return JSON.stringify({ id, k: `k${id % 5}`, r: `r${id % 3}`, v: (id * 7) % 31, ts });
  });
  writeFileSync(join(directory, 'in', name), `${rows.join('\n')}\n`);
}

function write(queries: string, endless: boolean): void {
  const monitored = endless ? "'source.monitor-interval' = '10 ms', " : '';
  writeFileSync(
    join(directory, 'job.sql'),
    `SET 'execution.checkpointing.interval' = '50 ms';
CREATE TABLE o (id INT, k STRING, r STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'filesystem', 'path' = 'in', ${monitored}'format' = 'json');
CREATE TABLE out1 (a STRING, b BIGINT, c BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'out1');
CREATE TABLE out2 (a STRING, b BIGINT, c BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'out2');
EXECUTE STATEMENT SET BEGIN\n${queries};\nEND;`,
  );
}

const run = (parallelism: number, ...more: string[]) =>
  holdJob(directory, ['job.sql', '--data-dir', 'data', '--parallelism', String(parallelism), ...more]);

/** Reads so many rows, then stops with a savepoint, or ends before; gives what it printed. */
async function readAndStop(parallelism: number, ...more: string[]) {
  const held = run(parallelism, ...more);
  const ended = Symbol('ended');
  const job = await Promise.race([held.job, held.ended.then(() => ended)]);
  if (typeof job !== 'symbol') {
    await until('the file is read', () => {
      const { state, vertices } = job.status();
      const sources = vertices.filter(({ source }) => source).flatMap(({ subtasks }) => subtasks);
      return state === 'FAILED' || sources.reduce((sum, { recordsIn }) => sum + recordsIn, 0) === half;
    });
    held.stop();
  }
  return { code: await held.ended, stdout: held.stdout(), stderr: held.stderr() };
}

async function firstHalf(queries: string): Promise<string> {
  give('a', 0, half);
  write(queries, true);
  const { code, stdout, stderr } = await readAndStop(2);
  expect(code, stderr).toBe(0);
  return stdout;
}

/** The rest at another parallelism; then to the end, where what waits for time goes out. */
async function secondHalf(queries: string, ...more: string[]) {
  give('b', half, 2 * half);
  write(queries, true);
  const part = await readAndStop(3, ...more);
  if (part.code !== 0) return part;
  write(queries, false);
  const held = run(1);
  const code = await held.ended;
  return { code, stdout: part.stdout + held.stdout(), stderr: part.stderr + held.stderr() };
}

/** The rows that are left of the printed changes. */
function left(text: string, name: string): string[] {
  const counts = new Map<string, number>();
  for (const [, op, row] of text.matchAll(new RegExp(`^${name}(?::\\d+)?> ([+-][IUD])(.*)$`, 'gm'))) {
    const count = (counts.get(row!) ?? 0) + (op!.startsWith('+') ? 1 : -1);
    if (count === 0) counts.delete(row!);
    else counts.set(row!, count);
  }
  return [...counts]
    .flatMap(([row, count]) => (count < 0 ? [`${count} × ${row}`] : Array<string>(count).fill(row)))
    .sort();
}

/** The same queries over everything at once. */
async function whole(queries: string, name: string): Promise<string[]> {
  rmSync(join(directory, 'data'), { recursive: true, force: true });
  write(queries, false);
  const held = run(1);
  expect(await held.ended, held.stderr()).toBe(0);
  return left(held.stdout(), name);
}

const groups = 'INSERT INTO out1 SELECT k, COUNT(*) AS n, SUM(CAST(v AS BIGINT)) AS s FROM o WHERE id >= 0 GROUP BY k';

/** [the change, before, after, the queries that give the same over everything] */
const kept: readonly (readonly [string, string, string])[] = [
  [
    'a literal of WHERE, a name, and a sink before it',
    groups,
    `INSERT INTO out2 SELECT k, COUNT(*), SUM(CAST(v AS BIGINT)) FROM o WHERE id >= 100 GROUP BY k;\n${groups.replace('id >= 0', 'id > -5').replace('AS n', 'AS m')}`,
  ],
  [
    'a condition that was not there',
    'INSERT INTO out1 SELECT a.k, COUNT(*), SUM(CAST(b.v AS BIGINT)) FROM o a JOIN o b ON a.id = b.v GROUP BY a.k',
    "INSERT INTO out1 SELECT a.k, COUNT(*), SUM(CAST(b.v AS BIGINT)) FROM o a JOIN o b ON a.id = b.v WHERE b.k <> 'x' GROUP BY a.k",
  ],
  [
    'a name, and what is made of a Top-N',
    'INSERT INTO out1 SELECT k, v, n FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM o) WHERE n <= 2',
    'INSERT INTO out1 SELECT key, v, nr FROM (SELECT k AS key, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS nr FROM o) WHERE nr <= 2',
  ],
  [
    'names in a pattern',
    'INSERT INTO out1 SELECT k, x, y FROM (SELECT k, v, ts FROM o) MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.v AS x, LAST(B.v) AS y AFTER MATCH SKIP PAST LAST ROW PATTERN (A B+?) DEFINE B AS B.v > LAST(A.v)) AS m',
    'INSERT INTO out1 SELECT k, low, high FROM (SELECT k, v AS w, ts FROM o WHERE id > -1) MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.w AS low, LAST(B.w) AS high AFTER MATCH SKIP PAST LAST ROW PATTERN (A B+?) DEFINE B AS B.w > LAST(A.w)) AS m',
  ],
];

describe('state of a changed query', () => {
  it.each(kept)('is kept: %s', async (_, before, after) => {
    const first = await firstHalf(before);
    const { code, stdout, stderr } = await secondHalf(after);
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('dropped');
    const found = left(first + stdout, 'out1');
    expect(found.length).toBeGreaterThan(4);
    expect(found).toEqual(await whole(before, 'out1'));
  });

  const regions = 'INSERT INTO out2 SELECT r, COUNT(*), SUM(CAST(v AS BIGINT)) FROM o GROUP BY r';

  it('is refused as a whole where a part has no place, and says which; with --force that part starts empty', async () => {
    const first = await firstHalf(`${groups};\n${regions}`);
    const changed = `${groups};\n${regions.replace('SUM(', 'MAX(')}`;
    const refused = await secondHalf(changed);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toBe('');
    expect(refused.stderr).toMatch(
      /error: checkpoint .*savepoint-\d+: it holds state of operators that the job no longer has: GroupAggregate\[\d\]\n/,
    );
    expect(refused.stderr).toMatch(/\n {2}kept {5}GroupAggregate\[\d\], \d+ bytes\n/);
    expect(refused.stderr).toMatch(/\n {2}new {6}GroupAggregate\[(\d)\]: starts empty\n/);
    expect(refused.stderr).toMatch(
      /\n {2}dropped {2}GroupAggregate\[\d\]: keys o\.r; aggregates COUNT\(\*\), SUM\(CAST\(o\.v AS BIGINT\)\); .* bytes; nearest now: GroupAggregate\[\d\], changed: aggregates, changes\n/,
    );

    const forced = await secondHalf(changed, '--force');
    expect(forced.code, forced.stderr).toBe(0);
    expect(forced.stderr).toContain('warning: checkpoint');
    expect(left(forced.stdout, 'out2').map((row) => row.split(', ')[1])).toEqual(['20', '20', '20']); // of the second half alone
    expect(left(first + forced.stdout, 'out1')).toEqual(await whole(groups, 'out1'));
  });

  it('is found by ids alone in checkpoints that say nothing of their nodes', async () => {
    const first = await firstHalf(groups);
    const savepoints = join(directory, 'data', 'savepoints', 'job');
    const path = join(savepoints, readdirSync(savepoints)[0]!, 'metadata.json');
    const { signatures, ...former } = JSON.parse(readFileSync(path, 'utf8'));
    expect(Object.keys(signatures)).toHaveLength(3);
    writeFileSync(path, JSON.stringify(former));
    const { code, stdout, stderr } = await secondHalf(groups);
    expect(code, stderr).toBe(0);
    expect(left(first + stdout, 'out1')).toEqual(await whole(groups, 'out1'));
  });

  it('of two queries with one shape goes to the one with the same conditions, whatever their order', async () => {
    const small = groups.replace('id >= 0', 'v < 10');
    const large = groups.replace('id >= 0', 'v >= 10').replace('out1', 'out2');
    const first = await firstHalf(`${small};\n${large}`);
    const { code, stdout, stderr } = await secondHalf(`${large};\n${small}`);
    expect(code, stderr).toBe(0);
    const found = [left(first + stdout, 'out1'), left(first + stdout, 'out2')];
    expect(found).toEqual([await whole(small, 'out1'), await whole(large, 'out2')]);
  });
});
