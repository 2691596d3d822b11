// The tables that queries are over: two streams of rows with disorder and NULLs, as files of JSON lines.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from './random.ts';

export type TableName = 't' | 'u';

const disorderSeconds = 4;
const jumpMs = 7_777; // of some rows into the future
const start = Date.UTC(2026, 0, 1);

export type Dataset = Readonly<{ ddl: string; files: Readonly<Record<TableName, string>> }>;

/** Watermarks of `lateness` seconds: below `disorderSeconds` some rows are late, which only a single input answers for certain. */
export function makeDataset(random: Random, directory: string, lateness: 'some' | 'none'): Dataset {
  const zoned = random.chance(0.6);
  const delay = lateness === 'some' ? random.between(0, 3) : disorderSeconds + Math.ceil(jumpMs / 1_000) + 1;
  const files = { t: writeRows('t', random, directory), u: writeRows('u', random, directory) };
  const ddl = (['t', 'u'] as const).map((name) => createTable(name, files[name], zoned, delay)).join('\n');
  return { ddl, files };
}

function createTable(name: TableName, file: string, zoned: boolean, delay: number): string {
  const time = zoned ? 'TO_TIMESTAMP_LTZ(ts, 3)' : 'CAST(TO_TIMESTAMP_LTZ(ts, 3) AS TIMESTAMP(3))';
  return `CREATE TABLE ${name} (id INT, k STRING, i INT, l BIGINT, d DOUBLE, dc DECIMAL(10, 2), s STRING, b BOOLEAN, a ARRAY<INT>, ts BIGINT,
  et AS ${time}, WATERMARK FOR et AS et - INTERVAL '${delay}' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'file://${file}', 'format' = 'json');`;
}

function writeRows(name: TableName, random: Random, directory: string): string {
  const count = random.between(5, 40);
  const keys = random.pick([['a'], ['a', 'b'], ['a', 'b', 'c', 'd']]);
  const step = random.pick([300, 1_000, 2_500]);
  const maybe = <T>(value: T): T | null => (random.chance(0.1) ? null : value);
  const rows = Array.from({ length: count }, (_, i) => ({
    id: i,
    k: maybe(random.pick(keys)),
    i: maybe(random.between(-5, 9)),
    l: maybe(random.chance(0.1) ? 4_000_000_000 + random.below(9) : random.between(-100, 100)),
    d: maybe(random.between(-40, 40) / 4),
    dc: maybe(random.between(-9_999, 9_999) / 100),
    s: maybe(random.pick(['xa', 'yb', 'Zoë', '', 'foo bar', '2026-01-03', '12', '-3.5'])),
    b: maybe(random.chance(0.5)),
    a: maybe(Array.from({ length: random.below(4) }, () => maybe(random.between(0, 5)))),
    ts: start + i * step + random.between(-disorderSeconds * 1_000, 0) + random.pick([0, 0, 0, jumpMs]),
  }));
  const file = join(directory, `input-${name}.jsonl`);
  writeFileSync(file, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
  return file;
}
