import { describe, expect, it } from 'vitest';
import type { EngineError } from '../../src/model/errors.ts';
import { lintScript } from '../../src/sql/parser.ts';
import { runScript } from '../support/sql-session.ts';

const tables = [
  "CREATE TABLE t (a INT, b STRING NOT NULL, d DOUBLE, n ROW<x INT, y STRING>, ts TIMESTAMP(3), plain TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka');",
  "CREATE TABLE sink (a INT, b STRING) WITH ('connector' = 'print');",
].join('\n');

type Case = readonly [script: string, code: string, at: string, message: string, hint?: string];

async function failure(script: string): Promise<EngineError> {
  try {
    await runScript(script);
  } catch (error) {
    return error as EngineError;
  }
  throw new Error('the script ran');
}

/** Runs the script and compares: the place is the text that the position covers. */
async function check(script: string, [, code, at, message, hint]: Case): Promise<void> {
  const error = await failure(script);
  const { position } = error;
  const [summary, line, carets] = error.message.split('\n');
  expect(summary?.replace(/^line \d+, column \d+: /, '')).toBe(message);
  expect(error.code).toBe(code);
  expect(script.slice(position!.start, position!.end)).toBe(at);
  expect(error.hint ?? '').toContain(hint ?? '');
  const place = `line ${position!.line}, column ${position!.column}: `;
  expect(error.message.startsWith(place)).toBe(true);
  expect(
    script
      .split('\n')
      [position!.line - 1]!.slice(position!.column - 1)
      .startsWith(at.split('\n')[0]!),
  ).toBe(true);
  expect(line?.slice(carets!.indexOf('^')).startsWith(at.split('\n')[0]!.slice(0, 20))).toBe(true);
}

const syntax: readonly Case[] = [
  ['SELECT 1 != 2', 'SQL_SYNTAX', '!=', "Flink SQL has no operator '!='", "Write '<>'."],
  ['SELECT a FORM t', 'SQL_SYNTAX', 't', "expected ',', FROM, GROUP or WHERE, got 't'", 'Did you mean FROM?'],
  [
    'SELEC 1',
    'SQL_SYNTAX',
    'SELEC',
    "expected a statement such as SELECT, INSERT, CREATE or SET, got 'SELEC'",
    'SELECT',
  ],
  ['CREATE TABLE x (value INT)', 'SQL_SYNTAX', 'value', "expected a name or ')', got 'value'", '`value`'],
  ["SELECT 'abc", 'SQL_SYNTAX', "'", "a string begins here and never ends: expected ' before the end of the text"],
  [
    'SELECT 1 /* abc',
    'SQL_SYNTAX',
    '/',
    'a comment begins here and never ends: expected */ before the end of the text',
  ],
  ['SELECT a FROM t WHERE', 'SQL_SYNTAX', '', 'expected an expression, got the end of the statement'],
  ['SELECT a FROM t GROUP window_start', 'SQL_SYNTAX', 'window_start', "expected BY, got 'window_start'"],
  ["SELECT INTERVAL '5' SECND", 'SQL_SYNTAX', 'SECND', "expected a unit of time, got 'SECND'", 'Did you mean SECOND?'],
  ['SELECT COUNT(*) FILTER (WERE a > 1) FROM t', 'SQL_SYNTAX', 'WERE', "expected WHERE, got 'WERE'", 'WHERE'],
  ['SELECT "a" FROM t', 'SQL_SYNTAX', '"', 'unexpected character: "', '`…`'],
  [
    'INSERT INTO sink SELECT a FROM t,',
    'SQL_SYNTAX',
    '',
    "expected a name, '(', LATERAL, TABLE or UNNEST, got the end of the statement",
  ],
];

const names: readonly Case[] = [
  ['SELECT aa FROM t', 'SQL_VALIDATION', 'aa', "unknown column 'aa'", 'Did you mean a?'],
  ['SELECT t.z FROM t', 'SQL_VALIDATION', 'z', "unknown column 'z'"],
  ['SELECT n.z FROM t', 'SQL_VALIDATION', 'z', "unknown field 'z'", 'x'],
  ['SELECT a.z FROM t', 'SQL_VALIDATION', 'z', "'z' is asked of a INT, which has no fields"],
  ['SELECT A FROM t', 'SQL_VALIDATION', 'A', "unknown column 'A'", 'Did you mean a?'],
  ['SELECT u.* FROM t', 'SQL_VALIDATION', 'u', "unknown table 'u'", 'Did you mean t.*?'],
  ['SELECT a FROM tt', 'SQL_VALIDATION', 'tt', "unknown table 'tt'", 'Did you mean t?'],
  [
    'SELECT a FROM nowhere.t',
    'SQL_VALIDATION',
    'nowhere.t',
    "unknown database 'nowhere' in the catalog 'default_catalog'",
  ],
  ['SELECT a FROM lake.db.t', 'SQL_VALIDATION', 'lake.db.t', "unknown catalog 'lake'", 'CREATE CATALOG'],
  ['SELECT UPPERR(b) FROM t', 'SQL_VALIDATION', 'UPPERR(b)', 'unknown function UPPERR', 'Did you mean UPPER?'],
  ['SELECT CAST(a AS INTT) FROM t', 'SQL_VALIDATION', 'INTT', 'unknown type INTT', 'Did you mean INT?'],
  ['SELECT x FROM (SELECT a AS x, d AS x FROM t) AS s (x, x)', 'SQL_VALIDATION', 'x', "the column 'x' is ambiguous"],
  ['USE CATALOG lake', 'SQL_VALIDATION', 'USE CATALOG lake', "unknown catalog 'lake'"],
  ['DROP TABLE nothing', 'NOT_FOUND', 'nothing', "there is no table 'nothing' in the database 'default_database'"],
  ['CREATE TABLE t (a INT)', 'CONFLICT', 't', 'the table `default_catalog`.`default_database`.`t` exists already'],
];

const typing: readonly Case[] = [
  ['SELECT a FROM t WHERE a', 'SQL_VALIDATION', 'a', 'WHERE: expected a condition, got a value of INT'],
  ['SELECT b + 1 FROM t', 'SQL_VALIDATION', 'b + 1', 'expected value1 + value2, got arguments (STRING, INT)'],
  [
    'SELECT CASE WHEN a > 1 THEN b ELSE d END FROM t',
    'SQL_VALIDATION',
    'CASE WHEN a > 1 THEN b ELSE d END',
    'CASE: its results have no common type: STRING, DOUBLE',
  ],
  ['SELECT CAST(ts AS INT) FROM t', 'SQL_VALIDATION', 'CAST(ts AS INT)', "a TIMESTAMP(3) can't be cast to INT"],
  [
    "SELECT DATE '2020-02-30'",
    'SQL_VALIDATION',
    "DATE '2020-02-30'",
    "DATE literal: expected '2020-01-31', got '2020-02-30'",
  ],
  [
    "SELECT INTERVAL '1' DAY TO SECOND",
    'SQL_VALIDATION',
    "INTERVAL '1' DAY TO SECOND",
    "'1' is no interval of DAY TO SECOND",
    '1 02:03:04.5',
  ],
  ["SELECT X'abc'", 'SQL_VALIDATION', "X'abc'", "X'abc': expected pairs of hexadecimal digits"],
  ['SELECT DECIMAL FROM t', 'SQL_SYNTAX', 'DECIMAL', "expected an expression or '*', got 'DECIMAL'", '`DECIMAL`'],
  [
    'CREATE TABLE x (a DECIMAL(39, 2))',
    'SQL_VALIDATION',
    'DECIMAL(39, 2)',
    'precision of DECIMAL: expected a whole number from 1 to 38, got 39',
  ],
  [
    'INSERT INTO sink SELECT d, b FROM t',
    'SQL_VALIDATION',
    'd',
    "INSERT INTO sink: the column 'a' is INT, the query's column 'd' is DOUBLE",
    'CAST(d AS INT)',
  ],
  [
    'INSERT INTO sink SELECT a FROM t',
    'SQL_VALIDATION',
    'SELECT a FROM t',
    'INSERT INTO sink: expected 2 columns, got 1',
    'a INT, b STRING',
  ],
  ['INSERT INTO sink (a, c) SELECT a, b FROM t', 'SQL_VALIDATION', 'c', "unknown column 'c'"],
  [
    'SELECT a FROM t UNION ALL SELECT b FROM t',
    'SQL_VALIDATION',
    'UNION',
    "UNION ALL: the column 'a' is INT on the left and STRING on the right",
    'CAST',
  ],
  ['VALUES (1, 2), (3)', 'SQL_VALIDATION', '(3)', 'VALUES: expected 2 values as in the first row, got 1'],
];

const windows: readonly Case[] = [
  [
    "SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(plain), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end",
    'SQL_VALIDATION',
    'plain',
    'TUMBLE: expected a time attribute, got a column of TIMESTAMP(3)',
    'WATERMARK FOR',
  ],
  [
    "SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE))",
    'SQL_VALIDATION',
    "INTERVAL '2' MINUTE",
    'TUMBLE: expected an offset shorter than the window (60000 ms), got 120000 ms',
  ],
  [
    "SELECT * FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '20' SECOND))",
    'SQL_VALIDATION',
    "TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '20' SECOND))",
    'HOP: expected a size that is a multiple of the slide (7000 ms), got 20000 ms',
  ],
  [
    "SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '0' SECOND))",
    'SQL_VALIDATION',
    "INTERVAL '0' SECOND",
    'TUMBLE: expected a positive length',
  ],
  [
    'SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), 5))',
    'SQL_VALIDATION',
    '5',
    "TUMBLE: expected a constant interval such as INTERVAL '1' MINUTE",
  ],
  [
    "SELECT d, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end",
    'SQL_VALIDATION',
    'd',
    "the column 'd' is neither grouped nor aggregated",
    'Add d to GROUP BY',
  ],
  [
    "SELECT SUM(COUNT(*)) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end",
    'SQL_VALIDATION',
    'COUNT(*)',
    "the aggregate COUNT can't stand in another",
  ],
  ['SELECT a FROM t WHERE COUNT(*) > 1', 'SQL_VALIDATION', 'COUNT(*)', "the aggregate COUNT can't stand here"],
  [
    "SELECT TUMBLE_START(ts, INTERVAL '2' DAY) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' DAY)",
    'SQL_VALIDATION',
    "TUMBLE_START(ts, INTERVAL '2' DAY)",
    'TUMBLE_START: expected the same TUMBLE(…) in GROUP BY',
  ],
];

const tableDefinitions: readonly Case[] = [
  ['CREATE TABLE x (a INT, a STRING)', 'SQL_VALIDATION', 'a', "the column 'a' is defined twice"],
  [
    'CREATE TABLE x (a INT, WATERMARK FOR a AS a)',
    'SQL_VALIDATION',
    'a',
    "WATERMARK: expected the column 'a' to be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3, got INT",
    'TO_TIMESTAMP_LTZ',
  ],
  [
    'CREATE TABLE x (a TIMESTAMP(6), WATERMARK FOR a AS a)',
    'SQL_VALIDATION',
    'a',
    "WATERMARK: expected the column 'a' to be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3, got TIMESTAMP(6)",
    'CAST',
  ],
  ['CREATE TABLE x (a TIMESTAMP(3), WATERMARK FOR b AS a)', 'SQL_VALIDATION', 'b', "WATERMARK: unknown column 'b'"],
  [
    'CREATE TABLE x (a INT, PRIMARY KEY (a))',
    'SQL_VALIDATION',
    'PRIMARY KEY (a)',
    'a primary key is never enforced',
    'NOT ENFORCED',
  ],
  ['CREATE TABLE x (a INT, PRIMARY KEY (b) NOT ENFORCED)', 'SQL_VALIDATION', 'b', "PRIMARY KEY: unknown column 'b'"],
  ['CREATE TABLE x (a INT) PARTITIONED BY (c)', 'SQL_VALIDATION', 'c', "PARTITIONED BY: unknown column 'c'"],
  [
    "CREATE TABLE x (a INT METADATA FROM 'partitoin') WITH ('connector' = 'kafka')",
    'SQL_VALIDATION',
    "METADATA FROM 'partitoin'",
    "the connector has no metadata 'partitoin'",
    "Did you mean 'partition'?",
  ],
  [
    "CREATE TABLE x (`offset` DATE METADATA) WITH ('connector' = 'kafka')",
    'SQL_VALIDATION',
    'METADATA',
    "the metadata 'offset' is BIGINT NOT NULL: it can't become DATE",
  ],
  ["CREATE TABLE x (a INT) WITH ('a' = '1', 'a' = '2')", 'SQL_VALIDATION', "'a' = '2'", "option 'a' is given twice"],
  ['CREATE TABLE x (a AS b, b AS 1)', 'SQL_VALIDATION', 'b', "unknown column 'b'"],
  ['CREATE VIEW v (x, y) AS SELECT a FROM t', 'SQL_VALIDATION', 'x', 'expected 1 column names, got 2'],
];

const joins: readonly Case[] = [
  ['SELECT a FROM t, sink', 'SQL_VALIDATION', 'a', "the column 'a' is ambiguous", 't.column'],
  ['SELECT t.a FROM t JOIN sink', 'SQL_VALIDATION', 'sink', 'JOIN: expected ON or USING', 'CROSS JOIN'],
  ['SELECT t.a FROM t CROSS JOIN sink ON t.a = sink.a', 'SQL_VALIDATION', 'sink', 'a CROSS JOIN takes no condition'],
  ['SELECT t.a FROM t JOIN sink ON t.a', 'SQL_VALIDATION', 't.a', 'ON: expected a condition, got a value of INT'],
  ['SELECT t.a FROM t JOIN sink USING (d)', 'SQL_VALIDATION', 'd', "there is no column 'd' on the right of the join"],
  [
    'SELECT y FROM t CROSS JOIN UNNEST(b) AS x (y)',
    'SQL_VALIDATION',
    'b',
    'UNNEST: expected an ARRAY, MAP or MULTISET, got a value of STRING',
  ],
  [
    'SELECT y FROM t CROSS JOIN UNNEST(ARRAY[1]) AS x (y, z)',
    'SQL_VALIDATION',
    'UNNEST(ARRAY[1]) AS x (y, z)',
    "expected 1 column names for 'x', got 2",
  ],
  [
    'SELECT y FROM t RIGHT JOIN UNNEST(ARRAY[1]) AS x (y) ON TRUE',
    'SQL_VALIDATION',
    'UNNEST(ARRAY[1]) AS x (y)',
    'a RIGHT JOIN with a right side that depends on the left one has no meaning',
    'LEFT JOIN',
  ],
  [
    'SELECT a FROM t WHERE a IN (SELECT a, b FROM sink)',
    'SQL_VALIDATION',
    'a IN (SELECT a, b FROM sink)',
    'IN: expected a query of 1 columns, got 2',
  ],
  [
    'SELECT a FROM t WHERE a = (SELECT a, b FROM sink)',
    'SQL_VALIDATION',
    '(SELECT a, b FROM sink)',
    'a sub-query as a value: expected one column, got 2',
  ],
  ['SELECT a FROM t WHERE EXISTS (SELECT 1 FROM sink WHERE sink.a = t.c)', 'SQL_VALIDATION', 'c', "unknown column 'c'"],
  [
    'SELECT t.a FROM t JOIN sink FOR SYSTEM_TIME AS OF t.plain AS s ON t.a = s.a',
    'SQL_VALIDATION',
    't.plain',
    "FOR SYSTEM_TIME AS OF: expected a time attribute of the join's left side",
    'WATERMARK',
  ],
  [
    'SELECT t.a FROM t JOIN sink FOR SYSTEM_TIME AS OF t.ts AS s ON t.a = s.a',
    'SQL_VALIDATION',
    'sink FOR SYSTEM_TIME AS OF t.ts AS s',
    "the temporal join with 'sink' needs a primary key and a row time in the versioned table: no primary key can be found",
    'PRIMARY KEY',
  ],
  [
    "CREATE TABLE v (a INT, u TIMESTAMP(3), PRIMARY KEY (a) NOT ENFORCED, WATERMARK FOR u AS u) WITH ('connector' = 'kafka'); SELECT t.a FROM t JOIN v FOR SYSTEM_TIME AS OF t.ts ON t.a > v.a",
    'SQL_VALIDATION',
    't.a > v.a',
    "the temporal join with 'v': its condition has to equal every column of the primary key (a)",
  ],
  [
    "CREATE TABLE p (a INT, pt AS PROCTIME()) WITH ('connector' = 'kafka'); SELECT p.a FROM p JOIN t FOR SYSTEM_TIME AS OF p.pt ON p.a > t.a",
    'SQL_VALIDATION',
    'p.a > t.a',
    "the lookup join with 't' needs an equality with one of its columns",
  ],
];

const notBuilt: readonly Case[] = [
  [
    "CREATE TEMPORARY FUNCTION f AS 'x'",
    'UNSUPPORTED',
    'f',
    'CREATE FUNCTION with LANGUAGE JAVA is not supported',
    'TypeScript',
  ],
  [
    "CREATE FUNCTION f AS './f.ts'",
    'UNSUPPORTED',
    'f',
    'CREATE FUNCTION with LANGUAGE JAVA is not supported',
    'LANGUAGE TYPESCRIPT',
  ],
  ["SELECT PARSE_JSON('1')", 'UNSUPPORTED', "PARSE_JSON('1')", 'the function PARSE_JSON is not supported'],
  ['INSERT OVERWRITE sink SELECT a, b FROM t', 'UNSUPPORTED', 'OVERWRITE', 'INSERT OVERWRITE is not supported'],
  ['SHOW MODULES', 'UNSUPPORTED', 'MODULES', 'SHOW MODULES is not supported'],
  ['DROP FUNCTION f', 'NOT_FOUND', 'f', 'there is no function f', 'SHOW USER FUNCTIONS'],
  [
    'SELECT a FROM t WHERE a > 1 OR a IN (SELECT sink.a FROM sink WHERE sink.b = t.b)',
    'UNSUPPORTED',
    'a IN (SELECT sink.a FROM sink WHERE sink.b = t.b)',
    'IN with a sub-query that speaks of the outer query, beside OR or in a list, is not supported',
    'EXISTS',
  ],
  [
    'SELECT (SELECT MAX(sink.a) FROM sink WHERE sink.a > t.a) FROM t',
    'UNSUPPORTED',
    'sink.a > t.a',
    'such a condition on the outer query in a sub-query as a value is not supported',
    'Equalities',
  ],
  [
    'SELECT t.a FROM t, LATERAL (SELECT MAX(sink.a) AS m FROM sink WHERE sink.a = t.a) AS x',
    'UNSUPPORTED',
    'SELECT MAX(sink.a) AS m FROM sink WHERE sink.a = t.a',
    'LATERAL with an aggregate without GROUP BY, OVER or QUALIFY is not supported',
    'as a join',
  ],
  [
    'SELECT a FROM t, LATERAL TABLE(rates(ts)) AS x',
    'UNSUPPORTED',
    'LATERAL TABLE(rates(ts)) AS x',
    'the table function RATES is not supported',
  ],
  [
    'SELECT a FROM t FOR SYSTEM_TIME AS OF ts',
    'UNSUPPORTED',
    't FOR SYSTEM_TIME AS OF ts',
    'FOR SYSTEM_TIME AS OF outside of a join is not supported',
  ],
  ["ALTER DATABASE d SET ('a' = 'b')", 'UNSUPPORTED', 'DATABASE', 'ALTER DATABASE is not supported'],
  ['CREATE OR REPLACE TABLE x (a INT)', 'UNSUPPORTED', 'x', 'REPLACE TABLE without AS is not supported'],
  ['SELECT ML_PREDICT(a) FROM t', 'UNSUPPORTED', 'ML_PREDICT(a)', 'the function ML_PREDICT is not supported'],
];

/** Titles are the scripts. */
function cases(rows: readonly Case[]): [string, Case][] {
  return rows.map((row) => [row[0], row]);
}

describe('syntax errors', () => {
  it.each(cases(syntax))('%s', async (script, row) => check(script, row));
});

describe('validation errors', () => {
  it.each(cases([...names, ...typing, ...windows, ...tableDefinitions, ...joins]))('%s', async (script, row) =>
    check(`${tables}\n${script}`, row),
  );
});

describe('what is not built', () => {
  it.each(cases(notBuilt))('%s', async (script, row) => check(`${tables}\n${script}`, row));
});

describe('lint', () => {
  it('finds the fault of every statement', () => {
    const script = 'SELECT 1;\nSELEC 2;\nDROP TABL t;\nSELECT 3;\nSELECT 4 +;';
    expect(lintScript(script).map(({ position }) => position!.line)).toEqual([2, 3, 5]);
  });

  it('is silent about a script without faults', () => {
    expect(lintScript('-- nothing\n;;SELECT 1;')).toEqual([]);
  });

  it('points into views by the name that the query uses', async () => {
    const session = `${tables}\nCREATE VIEW v AS SELECT a FROM t;\nDROP TABLE t;\nSELECT a FROM v`;
    const error = await failure(session);
    expect(error.message).toContain("view 'v': unknown table 't'");
    expect(session.slice(error.position!.start, error.position!.end)).toBe('v');
  });

  it('refuses what is nested too deeply, instead of falling over', async () => {
    const error = await failure(`SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`);
    expect(error.code).toBe('LIMIT');
  });
});
