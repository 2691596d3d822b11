import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadUserFunction, loadUserFunctions } from '../../src/engine/user-module.ts';
import { userFunctionsIn } from '../../src/functions/user-registry.ts';
import { type Change, runScript as runJob } from '../../src/index.ts';
import { parseScript } from '../../src/sql/parser.ts';
import { parseObjects, printObjects } from '../../src/state/object-codec.ts';
import { pipelinesOf, runScript, testSession } from '../support/sql-session.ts';

const folder = join(import.meta.dirname, 'udf');

function session() {
  const load: typeof loadUserFunction = (source, typeOf) =>
    loadUserFunction({ ...source, path: resolve(folder, source.path) }, typeOf);
  return testSession({ loadFunction: load });
}

const create = (name: string, kind = 'TEMPORARY FUNCTION'): string =>
  `CREATE ${kind} ${name} AS './functions.ts#${name}' LANGUAGE TYPESCRIPT;`;

describe('statements', () => {
  it('makes, lists and drops functions', async () => {
    const opened = session();
    await runScript(`${create('rep', 'FUNCTION')} ${create('words')}`, opened);
    const rows = async (text: string) => (await runScript(text, opened)).at(-1);
    expect(await rows('SHOW USER FUNCTIONS')).toMatchObject({ rows: [['rep'], ['words']] });
    expect(await rows("SHOW FUNCTIONS LIKE 'rep%'")).toMatchObject({ rows: [['rep'], ['repeat'], ['replace']] });
    await runScript("CREATE FUNCTION IF NOT EXISTS rep AS './nothing.ts' LANGUAGE TYPESCRIPT;", opened);
    await runScript('DROP FUNCTION rep; DROP FUNCTION IF EXISTS rep; DROP TEMPORARY FUNCTION words;', opened);
    expect(await rows('SHOW USER FUNCTIONS')).toMatchObject({ rows: [] });
  });

  it.each([
    [`${create('rep')} ${create('rep')}`, 'CONFLICT', 'exists already'],
    ["CREATE FUNCTION f AS './nothing.ts' LANGUAGE TYPESCRIPT", 'NOT_FOUND', 'nothing.ts'],
    ["CREATE FUNCTION f AS './functions.ts' LANGUAGE TYPESCRIPT", 'NOT_FOUND', "no export 'default'"],
    [create('notADeclaration'), 'SQL_VALIDATION', 'call: expected a function, got undefined'],
    [create('unknownType'), 'SQL_VALIDATION', 'unknown type NUMBER'],
    [create('tooPrecise'), 'UNSUPPORTED', 'TIMESTAMP_LTZ(6)'],
    ["CREATE FUNCTION f AS 'com.example.F'", 'UNSUPPORTED', 'LANGUAGE JAVA'],
    ["CREATE FUNCTION f AS 'f.py' LANGUAGE PYTHON", 'UNSUPPORTED', 'LANGUAGE PYTHON'],
    ["CREATE FUNCTION f AS 'F' LANGUAGE SCALA USING JAR '/f.jar'", 'UNSUPPORTED', 'USING JAR'],
    ['DROP FUNCTION f', 'NOT_FOUND', 'no function f'],
    ["ALTER FUNCTION f AS 'F'", 'UNSUPPORTED', 'ALTER FUNCTION'],
    [`${create('rep')} SELECT rep(1, 2)`, 'SQL_VALIDATION', 'expected rep(STRING, INT), got arguments (INT, INT)'],
    [`${create('rep')} SELECT rep('a')`, 'SQL_VALIDATION', 'expected rep(STRING, INT)'],
    [`${create('addOne')} SELECT addOne(CAST(NULL AS BIGINT))`, 'SQL_VALIDATION', 'expected addOne(BIGINT NOT NULL)'],
    [`${create('words')} SELECT words('a')`, 'SQL_VALIDATION', 'words is a table function'],
  ])('%s', async (text, code, message) => {
    const error = await runScript(text, session()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect((error as Error).message).toMatch(/^line \d+, column \d+: /);
  });

  it('loads no code where none may be loaded', async () => {
    await expect(runScript(create('rep'))).rejects.toMatchObject({ code: 'PERMISSION' });
  });

  it('carries into the job what a query names, in views and computed columns, too', async () => {
    const text = `${create('rep')} ${create('addOne', 'TEMPORARY SYSTEM FUNCTION')} ${create('words')}
      CREATE TABLE t (s STRING, twice AS rep(s, 2)) WITH ('connector' = 'datagen');
      CREATE VIEW v AS SELECT twice, addOne(COALESCE(CHAR_LENGTH(s), 0)) AS n FROM t WHERE s IS NOT NULL;`;
    const opened = session();
    await runScript(text, opened);
    const named = userFunctionsIn(await pipelinesOf('SELECT twice FROM v', opened)).map(({ name }) => name);
    expect(named).toEqual(['rep']);
  });

  it('finds a system function before a built-in one, another behind it', async () => {
    const make = (kind: string): string => `CREATE ${kind} INITCAP AS './functions.ts#rep' LANGUAGE TYPESCRIPT;`;
    const planned = async (kind: string): Promise<number> =>
      userFunctionsIn(
        await pipelinesOf(`${make(kind)} SELECT INITCAP('a'${kind.includes('SYSTEM') ? ', 2' : ''})`, session()),
      ).length;
    expect(await planned('TEMPORARY SYSTEM FUNCTION')).toBe(1);
    expect(await planned('FUNCTION')).toBe(0);
  });
});

describe('accumulators', () => {
  it('are written and read as they were', () => {
    const value = { sum: 2n ** 70n, list: [1, null, 'a', { deep: new Map([['k', -0]]) }], bytes: Uint8Array.of(1) };
    expect(parseObjects(printObjects([value]))).toEqual([value]);
  });

  it.each([[new Set()], [new Date(0)], [() => 1]])('%s can not be written', (value) => {
    expect(() => printObjects([{ value }])).toThrow(expect.objectContaining({ code: 'CHECKPOINT' }));
  });
});

describe('in a job', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-udf-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  async function run(sql: string): Promise<Change[]> {
    const changes: Change[] = [];
    const file = join(directory, 'job.sql');
    await writeFile(file, `SET 'restart-strategy.type' = 'none'; SET 'table.local-time-zone' = 'Europe/Paris'; ${sql}`);
    const job = await runJob({
      file,
      dataDirectory: join(directory, 'data'),
      restore: 'none',
      onChange: (c) => void changes.push(c),
    });
    await job.done;
    return changes;
  }

  const from = (name: string): string =>
    `CREATE FUNCTION ${name} AS '${join(folder, 'functions.ts')}#${name}' LANGUAGE TYPESCRIPT;`;
  const values = "(VALUES ('ab', 1), ('c', 2), (CAST(NULL AS STRING), 3)) AS t(s, n)";

  it('computes a value a row', async () => {
    const rows = await run(`${from('rep')} SELECT rep(s, n) AS r FROM ${values}`);
    expect(rows.map(({ row }) => row.r)).toEqual(['ab', 'cc', null]);
  });

  it('hands over and takes every kind of value', async () => {
    const row = `CAST(ROW(TRUE, 1, 2, 9007199254740993, 0.5, 12.5, 'x', X'0102', DATE '2020-01-31', TIME '12:30:00.125',
      TIMESTAMP '2020-01-31 12:30:00.123456', CAST(TIMESTAMP '2020-07-01 12:00:00.125' AS TIMESTAMP_LTZ(3)), ARRAY[1, NULL],
      MAP['a', 1]) AS ROW<b BOOLEAN, t TINYINT, i INT, l BIGINT, d DOUBLE, n DECIMAL(20, 2), s STRING, y BYTES, born DATE,
      clock TIME(3), moment TIMESTAMP(6), instant TIMESTAMP_LTZ(3), list ARRAY<BIGINT>, tags MAP<STRING, INT>>)`;
    const [change] = await run(
      `${from('echo')} SELECT CAST(${row} AS STRING) AS given, CAST(echo(${row}) AS STRING) AS taken`,
    );
    const { given, taken } = change!.row as { given: string; taken: string };
    const kinds = 'boolean number number bigint number string string Uint8Array string string string Date Array Map';
    expect(taken).toBe(`(${kinds}, ${given.slice(1)}`);
  });

  it('aggregates', async () => {
    const rows = await run(`${from('sumOfSquares')} SELECT sumOfSquares(n) AS q FROM ${values}`);
    expect(rows.at(-1)).toMatchObject({ op: '+U', row: { q: 14 } });
  });

  it('aggregates in windows', async () => {
    const lines = [0, 1, 2, 11].map((second) =>
      JSON.stringify({ ts: `2020-01-01 00:00:${String(second).padStart(2, '0')}`, n: second }),
    );
    await writeFile(join(directory, 'in.jsonl'), lines.join('\n'));
    const table = `CREATE TABLE t (ts TIMESTAMP(3), n INT, WATERMARK FOR ts AS ts)
      WITH ('connector' = 'filesystem', 'path' = '${join(directory, 'in.jsonl')}', 'format' = 'json');`;
    const rows = await run(`${from('sumOfSquares')} ${table} SELECT sumOfSquares(n) AS q
      FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end`);
    expect(rows.map(({ row }) => row.q)).toEqual([5, 5, 121, 121]);
  });

  it('makes rows of rows', async () => {
    const rows = await run(
      `${from('words')} SELECT word, length FROM (VALUES ('to be'), ('')) AS t(s), LATERAL TABLE(words(s))`,
    );
    expect(rows.map(({ row }) => row)).toEqual([
      { word: 'to', length: 2 },
      { word: 'be', length: 2 },
      { word: '', length: 0 },
    ]);
  });

  it.each([
    ['what it throws', `${from('rep')} SELECT rep('bad', 7)`, "rep('bad', 7) failed: this text can not be repeated"],
    ['a result of another type', `${from('wrong')} SELECT wrong()`, 'expected a value of INT, got string no number'],
    ['an accumulator that is changed', `${from('changing')} SELECT changing(n) FROM ${values}`, 'changing('],
  ])('fails on %s', async (_, sql, message) => {
    await expect(run(sql)).rejects.toMatchObject({ code: 'EVALUATION', message: expect.stringContaining(message) });
  });

  it('refuses a file that has changed since', async () => {
    const path = join(directory, 'changing.ts');
    const text = (n: number): string =>
      `export default { kind: 'scalar', args: [], returns: 'INT', call: () => ${n} };`;
    await writeFile(path, text(1));
    const [statement] = parseScript(`CREATE FUNCTION f AS '${path}' LANGUAGE TYPESCRIPT`);
    const opened = testSession({ loadFunction: loadUserFunction });
    await opened.execute(statement!);
    const [module] = userFunctionsIn(await pipelinesOf('SELECT f()', opened));
    await writeFile(path, text(2));
    await expect(loadUserFunctions([{ ...module!, key: 'F$OTHER' }])).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
