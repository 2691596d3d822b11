import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { world } from '../../src/cli.ts';
import { runProgram } from '../../src/commands/program.ts';
import { answers, eventCount, eventsPerSecond, type ModelRow, start, type Value } from './nexmark-model.ts';

// Nexmark's queries as written (queries/NOTICE.md), over the events of the connector 'nexmark' at parallelism 2.

const scratch = mkdtempSync(join(tmpdir(), 'millrace-nexmark-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const query = (name: string): string => readFileSync(join(import.meta.dirname, 'queries', `${name}.sql`), 'utf8');

const variables: Readonly<Record<string, string>> = {
  TPS: String(eventsPerSecond),
  EVENTS_NUM: String(eventCount),
  PERSON_PROPORTION: '1',
  AUCTION_PROPORTION: '3',
  BID_PROPORTION: '46',
  NEXMARK_TABLE: 'datagen',
  NEXMARK_DIR: scratch,
  SUBMIT_TIME: 'now',
};

/** The table, the views, and what Flink's own scripts leave to the person who runs them. The start makes runs alike. */
const tables = [
  "SET 'parallelism.default' = '2'; SET 'table.local-time-zone' = 'UTC';",
  query('ddl_gen').replace("'connector' = 'nexmark',", `'connector' = 'nexmark', 'start' = '${start}',`),
  query('ddl_views'),
].join('\n');

/** What can't be the same here: a Java class, and options of a side table that Flink itself takes no more. */
const replaced: Readonly<Record<string, readonly (readonly [string | RegExp, string])[]>> = {
  q13: [
    ["'connector.type' = 'filesystem'", "'connector' = 'filesystem'"],
    [/'connector.path' = '[^']*'/, `'path' = 'file://${scratch}/side_input.txt'`],
    ["'format.type' = 'csv'", "'format' = 'csv'"],
  ],
  q14: [
    [
      "'com.github.nexmark.flink.udf.CountChar'",
      `'${import.meta.dirname}/count-char.ts#countChar' LANGUAGE TYPESCRIPT`,
    ],
  ],
};

function scriptOf(name: string): string {
  const text = (replaced[name] ?? []).reduce((script, [from, to]) => script.replace(from, to), query(name));
  return text.replace(/\$\{(\w+)\}/g, (whole, variable: string) => variables[variable] ?? whole);
}

type Answer = Readonly<{ code: number; lines: readonly string[]; errors: string }>;

async function run(script: string, name: string): Promise<Answer> {
  let stdout = '';
  let errors = '';
  const terminal = (take: (text: string) => void) => ({
    isTerminal: false,
    columns: 120,
    write: async (text: string) => take(text),
  });
  const deps = {
    ...world(),
    stdout: terminal((text) => {
      stdout += text;
    }),
    stderr: terminal((text) => {
      errors += text;
    }),
  };
  const text = `${tables.replace(/\$\{(\w+)\}/g, (whole, variable: string) => variables[variable] ?? whole)};\n${script}`;
  const code = await runProgram(['sql', '-e', text, '--output', 'jsonl', '--data-dir', join(scratch, name)], deps);
  return { code, lines: stdout.split('\n').filter((line) => line !== ''), errors };
}

type Line = Readonly<{ op: string; row: Readonly<Record<string, Value>> }>;

/** What is left when all changes are done. */
function folded(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const { op, row } = JSON.parse(line) as Line;
    const key = JSON.stringify(Object.values(row).map(plain));
    counts.set(key, (counts.get(key) ?? 0) + (op.startsWith('+') ? 1 : -1));
  }
  return [...counts].flatMap(([key, count]) => new Array<string>(count).fill(key)).sort();
}

/** A DECIMAL may be printed as a text or a number. */
const plain = (value: Value): Value =>
  typeof value === 'string' && /^\d+\.\d{3}$/.test(value) ? Number(value) : value;

const comparable = (rows: readonly ModelRow[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

/** Bids of one auction and price are ranked by which subtask is first: of q19 the ranks of such are dealt out anew, in the order of their texts. */
function withoutTies(rows: readonly string[]): string[] {
  const parsed = rows.map((row) => JSON.parse(row) as Value[]);
  return [...Map.groupBy(parsed, ([auction, , price]) => `${auction} ${price}`).values()]
    .flatMap((tied) => {
      const ranks = tied.map((row) => Number(row.at(-1))).sort((a, b) => a - b);
      const bids = tied.map((row) => row.slice(0, -1)).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
      return bids.map((bid, i) => JSON.stringify([...bid, ranks[i]!]));
    })
    .sort();
}

/** The query with its rows to be seen instead of thrown away. */
const shown = (name: string): string => scriptOf(name).replace(/INSERT INTO \w+/, '');

const all = Array.from({ length: 23 }, (_, i) => `q${i}`);
const refused = ['q6'];
const runnable = all.filter((name) => !refused.includes(name));
writeFileSync(join(scratch, 'side_input.txt'), Array.from({ length: 10_000 }, (_, i) => `${i},value ${i}\n`).join(''));

describe('the queries of Nexmark', () => {
  it.each(Object.keys(answers))('%s has the rows of a plain computation', async (name) => {
    const { code, lines, errors } = await run(shown(name), name);
    expect(code, errors).toBe(0);
    const expected = comparable(answers[name]!());
    expect(expected.length).toBeGreaterThan(0);
    if (name === 'q19') expect(withoutTies(folded(lines))).toEqual(withoutTies(expected));
    else expect(folded(lines)).toEqual(expected);
  });

  it.each(runnable.filter((name) => !(name in answers)))('%s ends, with rows', async (name) => {
    const { code, lines, errors } = await run(shown(name), name);
    expect(code, errors).toBe(0);
    // The windows of q12 are of processing time: the events are over before the first one is, and Flink drops it as well.
    expect(lines.length > 0).toBe(name !== 'q12');
  });

  it('the others run as they are written, in one job', async () => {
    const scripts = runnable.filter((name) => name !== 'q10').map(scriptOf);
    const inserts = scripts.map((text) => /INSERT INTO[\s\S]*?;/.exec(text)![0]);
    const ddl = scripts.map((text, i) => text.replace(inserts[i]!, ''));
    const job = `${ddl.join('\n')}\nEXECUTE STATEMENT SET BEGIN\n${inserts.join('\n')}\nEND;`;
    const { code, errors } = await run(job, 'all');
    expect(code, errors).toBe(0);
  });

  it('q10 as it is written fills partitions of files, and tells when they are complete', async () => {
    const { code, errors } = await run(scriptOf('q10'), 'q10-files');
    expect(code, errors).toBe(0);
    const output = join(scratch, 'data/output');
    const files = readdirSync(output, { recursive: true }).map(String);
    expect(files.filter((name) => /dt=[\d-]+\/hm=\d\d%3A\d\d\/part-/.test(name)).length).toBeGreaterThan(0);
    const partitions = new Set(files.flatMap((name) => /^.*dt=[\d-]+\/hm=\d\d%3A\d\d/.exec(name)?.[0] ?? []));
    for (const partition of partitions) expect(files).toContain(`${partition}/_SUCCESS`);
  });

  it('q6 is refused, as Flink refuses it', async () => {
    const { code, errors } = await run(scriptOf('q6'), 'q6');
    expect([code, errors]).toEqual([2, expect.stringContaining("unknown column 'rownum'")]);
  });

  it.each(['cep_q0', 'cep_q1', 'cep_q2', 'cep_q3'])('%s, a MATCH_RECOGNIZE, finds matches', async (name) => {
    const { code, lines, errors } = await run(shown(name), name);
    expect(code, errors).toBe(0);
    expect(lines.length).toBeGreaterThan(100);
  });
});
