// The tables that queries are over, as files of JSON lines: `t` and `u` get inserts, `v` and `w` the changes of rows that have a key.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from './random.ts';
import { disorder, jump, unitMs, type World } from './world.ts';

/** A value is its JSON text. */
type Column = Readonly<{ type: string; value: (random: Random, world: World) => string }>;

const text = (values: readonly string[]) => (random: Random) => JSON.stringify(random.pick(values));

const number =
  (low: number, high: number, per = 1) =>
  (random: Random) =>
    String(random.between(low, high) / per);

const list = (value: (random: Random) => string) => (random: Random) =>
  `[${Array.from({ length: random.below(4) }, () => (random.chance(0.1) ? 'null' : value(random)))}]`;

/** Within 40 units from a little before the start, with so many digits of a fraction. */
const moment = (digits: number, suffix: string) => (random: Random, world: World) => {
  const ms = world.startMs + Math.floor((random.next() * 40 - 5) * unitMs[world.unit]);
  const whole = new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  const fraction = digits === 0 ? '' : `.${String(random.below(1_000_000_000)).padStart(9, '0').slice(0, digits)}`;
  return JSON.stringify(whole + fraction + suffix);
};

const hugeIntegers = ['9223372036854775807', '-9223372036854775808', '9007199254740993', '4000000001', '-4000000007'];

const strings = ['xa', 'yb', 'Zoë', '', 'foo bar', '2026-01-03', '12', '-3.5', ' x ', '😀o'];

const documents = ['{"p": 1, "q": [1, "x", null, {"r": 2.50}]}', '{"p": "s"}', '[1, 2]', '7', 'no json', '{}'];

const columns: Readonly<Record<string, Column>> = {
  k: { type: 'STRING', value: text(['a', 'a', 'b', 'c']) },
  i: { type: 'INT', value: number(-5, 9) },
  l: { type: 'BIGINT', value: (random) => (random.chance(0.1) ? random.pick(hugeIntegers) : number(-99, 99)(random)) },
  ti: { type: 'TINYINT', value: number(-128, 127) },
  si: { type: 'SMALLINT', value: number(-32_768, 32_767) },
  f: { type: 'FLOAT', value: number(-40, 40, 4) },
  d: { type: 'DOUBLE', value: number(-40, 40, 4) },
  dc: { type: 'DECIMAL(10, 2)', value: number(-9_999, 9_999, 100) },
  dn: { type: 'DECIMAL(5, 0)', value: number(-99_999, 99_999) },
  dw: {
    type: 'DECIMAL(38, 10)',
    value: (random) => `${number(-9_999_999, 9_999_999)(random)}0012.5${random.below(999)}`,
  },
  s: { type: 'STRING', value: text(strings) },
  ch: { type: 'CHAR(4)', value: text(['ab', 'abcd', '']) },
  b: { type: 'BOOLEAN', value: (random) => String(random.chance(0.5)) },
  bs: { type: 'BYTES', value: text(['', 'AQID', '/w==', 'Zm9v']) },
  dt: { type: 'DATE', value: text(['2026-01-31', '2024-02-29', '1969-12-31', '2026-03-29']) },
  tm: { type: 'TIME', value: text(['00:00:00', '23:59:59', '12:34:56']) },
  t0: { type: 'TIMESTAMP(0)', value: moment(0, '') },
  t6: { type: 'TIMESTAMP(6)', value: moment(6, '') },
  t9: { type: 'TIMESTAMP(9)', value: moment(9, '') },
  z3: { type: 'TIMESTAMP_LTZ(3)', value: moment(3, 'Z') },
  z9: { type: 'TIMESTAMP_LTZ(9)', value: moment(9, 'Z') },
  a: { type: 'ARRAY<INT>', value: list(number(0, 5)) },
  sa: { type: 'ARRAY<STRING>', value: list(text(['a', 'b', 'foo', ''])) },
  m: {
    type: 'MAP<STRING, INT>',
    value: (random) => `{"p": ${random.between(0, 3)}${random.chance(0.5) ? ', "q": null' : ''}}`,
  },
  r: {
    type: 'ROW<x INT, y STRING>',
    value: (random) => `{"x": ${random.between(0, 3)}, "y": ${text(['a', 'b'])(random)}}`,
  },
  j: { type: 'STRING', value: text(documents) },
};

/** The column that is the key of each table. */
const tables: Readonly<Record<string, 'k' | 'id' | undefined>> = { t: undefined, u: undefined, v: 'k', w: 'id' };

export type Dataset = Readonly<{ ddl: readonly string[]; files: Readonly<Record<string, string>> }>;

/** What the query speaks of: its tables, with the columns whose names are in it. Files are written into `directory`. */
export function makeDataset(sql: string, random: Random, world: World, directory: string): Dataset {
  const words = new Set(sql.match(/\w+/g));
  const used = Object.keys(columns).filter((name) => words.has(name) || name === 'k');
  const files: Record<string, string> = {};
  const ddl = Object.entries(tables)
    .filter(([name]) => words.has(name))
    .map(([name, key]) => {
      const lines = key === undefined ? insertLines(used, random, world) : changeLines(key, used, random, world);
      const path = join(directory, `input-${name}.jsonl`);
      files[name] = `${lines.join('\n')}\n`;
      writeFileSync(path, files[name]);
      return createTable(name, key, used, world, path);
    });
  return { ddl, files };
}

function createTable(
  name: string,
  key: string | undefined,
  used: readonly string[],
  world: World,
  path: string,
): string {
  const time = world.zoned ? 'TO_TIMESTAMP_LTZ(ts, 3)' : 'CAST(TO_TIMESTAMP_LTZ(ts, 3) AS TIMESTAMP(3))';
  const fields = [
    'id INT',
    ...used.map((column) => `${column} ${columns[column]!.type}`),
    'ts BIGINT',
    `et AS ${time}`,
    `WATERMARK FOR et AS et - INTERVAL '${world.delay}' ${world.unit}`,
    ...(key === undefined ? [] : [`PRIMARY KEY (${key}) NOT ENFORCED`]),
  ];
  const format = key === undefined ? 'json' : 'debezium-json';
  return `CREATE TABLE ${name} (${fields.join(', ')})
  WITH ('connector' = 'filesystem', 'path' = 'file://${path}', 'format' = '${format}')`;
}

type Row = Readonly<Record<string, string>>;

const rowText = (row: Row): string => `{${Object.entries(row).map(([name, value]) => `"${name}": ${value}`)}}`;

/** Some values are NULL; times go on with disorder. */
function makeRow(index: number, used: readonly string[], random: Random, world: World): Row {
  const values = used.map((name) => [name, random.chance(0.1) ? 'null' : columns[name]!.value(random, world)] as const);
  const place = index * 0.9 - random.next() * disorder + random.pick([0, 0, 0, jump]);
  return {
    id: String(index),
    ...Object.fromEntries(values),
    ts: String(world.startMs + Math.floor(place * unitMs[world.unit])),
  };
}

function insertLines(used: readonly string[], random: Random, world: World): string[] {
  const count = random.between(5, 40);
  return Array.from({ length: count }, (_, index) => rowText(makeRow(index, used, random, world)));
}

/** Rows that begin, change and end, one at a time for each value of the key. */
function changeLines(key: 'k' | 'id', used: readonly string[], random: Random, world: World): string[] {
  const present = new Map<string, Row>();
  return Array.from({ length: random.between(5, 30) }, (_, index) => {
    const own = key === 'k' ? columns.k!.value(random, world) : String(random.below(8));
    const row = { ...makeRow(index, used, random, world), [key]: own };
    const before = present.get(own);
    const ends = before !== undefined && random.chance(0.25);
    if (ends) present.delete(own);
    else present.set(own, row);
    const op = ends ? 'd' : before === undefined ? 'c' : 'u';
    return `{"before": ${before === undefined ? 'null' : rowText(before)}, "after": ${ends ? 'null' : rowText(row)}, "op": "${op}"}`;
  });
}
