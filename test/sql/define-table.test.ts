import { describe, expect, it } from 'vitest';
import { pipelinesOf, runScript, testSession } from '../support/sql-session.ts';

/** SHOW CREATE TABLE of the last name, without what is always there. */
async function shown(script: string, name = 't'): Promise<string[]> {
  const result = (await runScript(`${script}; SHOW CREATE TABLE ${name}`, testSession())).at(-1)!;
  if (result.kind !== 'rows') throw new Error('no rows');
  return result.rows[0]![0]!.split('\n')
    .map((line) => line.trim().replaceAll('`', '').replace(/,$/, ''))
    .filter((line) => !/^(CREATE TABLE .*|\)|\) WITH \(|WITH \()$/.test(line));
}

const base = `CREATE TABLE base (
  id BIGINT NOT NULL,
  name STRING COMMENT 'it''s',
  up AS UPPER(name),
  ts TIMESTAMP(3) METADATA FROM 'timestamp' VIRTUAL,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
  PRIMARY KEY (id) NOT ENFORCED
) COMMENT 'base' PARTITIONED BY (name) WITH ('connector' = 'kafka', 'topic' = 'a')`;
const [id, name, up, ts] = [
  'id BIGINT NOT NULL',
  "name STRING COMMENT 'it''s'",
  'up AS UPPER(name)',
  "ts TIMESTAMP(3) METADATA FROM 'timestamp' VIRTUAL",
];
const watermark = "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND";
const key = 'PRIMARY KEY (id) NOT ENFORCED';
const partitions = 'PARTITIONED BY (name)';
const options = ["'connector' = 'kafka'", "'topic' = 'a'"];

describe('LIKE', () => {
  it.each<[string, string[]]>([
    ['CREATE TABLE t LIKE base', [id, name, up, ts, watermark, key, partitions, ...options]],
    [
      "CREATE TABLE t (x INT, y AS x + 1) COMMENT 'own' WITH ('topic' = 'b') LIKE base",
      [
        id,
        name,
        up,
        ts,
        'x INT',
        'y AS x + 1',
        watermark,
        key,
        "COMMENT 'own'",
        partitions,
        "'connector' = 'kafka'",
        "'topic' = 'b'",
      ],
    ],
    ['CREATE TABLE t LIKE base (EXCLUDING ALL)', [id, name]],
    ['CREATE TABLE t LIKE base (EXCLUDING ALL INCLUDING OPTIONS)', [id, name, ...options]],
    [
      "CREATE TABLE t WITH ('format' = 'json') LIKE base (EXCLUDING OPTIONS EXCLUDING METADATA EXCLUDING WATERMARKS)",
      [id, name, up, key, partitions, "'format' = 'json'"],
    ],
    [
      'CREATE TABLE t (up AS LOWER(name), PRIMARY KEY (name) NOT ENFORCED) LIKE base (OVERWRITING GENERATED EXCLUDING CONSTRAINTS)',
      [
        id,
        "name STRING NOT NULL COMMENT 'it''s'",
        'up AS LOWER(name)',
        ts,
        watermark,
        'PRIMARY KEY (name) NOT ENFORCED',
        partitions,
        ...options,
      ],
    ],
    [
      'CREATE TABLE t (WATERMARK FOR ts AS ts) LIKE base (OVERWRITING WATERMARKS EXCLUDING PARTITIONS)',
      [id, name, up, ts, 'WATERMARK FOR ts AS ts', key, ...options],
    ],
  ])('%s', async (statement, expected) => expect(await shown(`${base}; ${statement}`)).toEqual(expected));

  it.each<[string, RegExp]>([
    ['CREATE TABLE t (id INT) LIKE base', /has a column 'id' already/],
    ['CREATE TABLE t (up AS 1) LIKE base', /has a column 'up' already/],
    ['CREATE TABLE t (WATERMARK FOR ts AS ts) LIKE base', /has a watermark already/],
    ['CREATE TABLE t (PRIMARY KEY (name) NOT ENFORCED) LIKE base', /has a primary key already/],
    ["CREATE TABLE t WITH ('topic' = 'b') LIKE base (INCLUDING OPTIONS)", /has an option 'topic' already/],
    ['CREATE TABLE t LIKE base (OVERWRITING CONSTRAINTS)', /CONSTRAINTS can't be overwritten/],
    ['CREATE TABLE t LIKE base (INCLUDING OPTIONS EXCLUDING OPTIONS)', /OPTIONS is said twice/],
    ['CREATE TABLE t LIKE nothing', /unknown table 'nothing'/],
    ['CREATE VIEW v AS SELECT 1 AS x; CREATE TABLE t LIKE v', /LIKE: 'v' is a view/],
    ['CREATE TABLE t (z AS nope + 1) LIKE base', /line \d+, column \d+: unknown column 'nope'/],
  ])('%s is refused', async (statement, message) => {
    await expect(runScript(`${base}; ${statement}`, testSession())).rejects.toThrow(message);
  });
});

describe('ALTER TABLE', () => {
  it.each<[string, string[]]>([
    [
      "SET ('topic' = 'b', 'x' = 'y')",
      [
        id,
        name,
        up,
        ts,
        watermark,
        key,
        "COMMENT 'base'",
        partitions,
        "'connector' = 'kafka'",
        "'topic' = 'b'",
        "'x' = 'y'",
      ],
    ],
    ["RESET ('topic', 'z')", [id, name, up, ts, watermark, key, "COMMENT 'base'", partitions, "'connector' = 'kafka'"]],
    ['ADD x INT', [id, name, up, ts, 'x INT', watermark, key, "COMMENT 'base'", partitions, ...options]],
    [
      "ADD (x INT COMMENT 'c' FIRST, y AS x AFTER id)",
      ["x INT COMMENT 'c'", id, 'y AS x', name, up, ts, watermark, key, "COMMENT 'base'", partitions, ...options],
    ],
    [
      'MODIFY name VARCHAR(5) FIRST',
      ['name VARCHAR(5)', id, up, ts, watermark, key, "COMMENT 'base'", partitions, ...options],
    ],
    [
      "MODIFY WATERMARK FOR ts AS ts - INTERVAL '1' DAY",
      [id, name, up, ts, "WATERMARK FOR ts AS ts - INTERVAL '1' DAY", key, "COMMENT 'base'", partitions, ...options],
    ],
    ['DROP PRIMARY KEY', [id, name, up, ts, watermark, "COMMENT 'base'", partitions, ...options]],
    ['DROP WATERMARK', [id, name, up, ts, key, "COMMENT 'base'", partitions, ...options]],
    ['DROP up', [id, name, ts, watermark, key, "COMMENT 'base'", partitions, ...options]],
    [
      'RENAME id TO num',
      [
        'num BIGINT NOT NULL',
        name,
        up,
        ts,
        watermark,
        'PRIMARY KEY (num) NOT ENFORCED',
        "COMMENT 'base'",
        partitions,
        ...options,
      ],
    ],
  ])('%s', async (action, expected) =>
    expect(await shown(`${base}; ALTER TABLE base ${action}`, 'base')).toEqual(expected),
  );

  it('changes the name', async () => {
    expect(await shown(`${base}; ALTER TABLE base RENAME TO t`)).toContain(id);
    await expect(runScript(`${base}; ALTER TABLE base RENAME TO t; SELECT * FROM base`, testSession())).rejects.toThrow(
      /unknown table 'base'/,
    );
  });

  it('passes over a table that there is not, when told so', async () => {
    await expect(runScript("ALTER TABLE IF EXISTS zz SET ('a' = 'b')", testSession())).resolves.toBeDefined();
  });

  it.each<[string, RegExp]>([
    ['ALTER TABLE base ADD id INT', /has a column 'id' already/],
    ['ALTER TABLE base ADD PRIMARY KEY (name) NOT ENFORCED', /has a primary key already/],
    ['ALTER TABLE base MODIFY zz INT', /unknown column 'zz'/],
    ['ALTER TABLE base ADD x INT AFTER zz', /unknown column 'zz'/],
    ['ALTER TABLE base DROP id', /'id' can't be dropped: the primary key needs it/],
    ['ALTER TABLE base DROP name', /'name' can't be dropped: the computed column 'up' needs it/],
    ['ALTER TABLE base DROP ts', /'ts' can't be dropped: the watermark needs it/],
    ['ALTER TABLE base RENAME name TO n', /'name' can't be renamed: the computed column 'up' needs it/],
    ['ALTER TABLE base RENAME up TO id', /has a column 'id' already/],
    ['ALTER TABLE base ADD PARTITION (name = 1)', /ALTER TABLE … PARTITION is not supported/],
    ["ALTER TABLE nope SET ('a' = 'b')", /unknown table 'nope'/],
    ['CREATE TABLE b2 (x INT); ALTER TABLE base RENAME TO b2', /exists already/],
    ['ALTER TABLE base RENAME TO other.b2', /same catalog and database/],
    [
      "CREATE TEMPORARY TABLE tmp (x INT); ALTER TABLE tmp SET ('a' = 'b')",
      /is a temporary table, which can't be changed/,
    ],
    ["ALTER DATABASE d SET ('a' = 'b')", /ALTER DATABASE is not supported/],
  ])('%s is refused', async (statement, message) => {
    await expect(runScript(`${base}; ${statement}`, testSession())).rejects.toThrow(message);
  });
});

describe('ALTER VIEW', () => {
  it('changes query and name', async () => {
    const script =
      'CREATE VIEW v AS SELECT 1 AS x; ALTER VIEW v AS SELECT 2 AS y; ALTER VIEW v RENAME TO w; SHOW CREATE VIEW w';
    const result = (await runScript(script, testSession())).at(-1)!;
    expect(result).toMatchObject({
      rows: [['CREATE VIEW `default_catalog`.`default_database`.`w` AS\nSELECT 2 AS y']],
    });
  });

  it('refuses what can not be bound, and tables', async () => {
    await expect(
      runScript('CREATE VIEW v AS SELECT 1 AS x; ALTER VIEW v AS SELECT z FROM v', testSession()),
    ).rejects.toThrow(/'z'/);
    await expect(runScript(`${base}; ALTER VIEW base RENAME TO b`, testSession())).rejects.toThrow(/'base' is a table/);
  });
});

describe('CREATE TABLE AS', () => {
  const source = "CREATE TABLE s (a BIGINT NOT NULL, b STRING, c DECIMAL(5, 2)) WITH ('connector' = 'datagen')";

  it('makes the table of the query and fills it', async () => {
    const script = `${source}; CREATE TABLE t WITH ('connector' = 'print') AS SELECT a, UPPER(b) AS ub, c * 2 AS d FROM s`;
    expect(await shown(script)).toEqual([
      'a BIGINT NOT NULL',
      'ub STRING',
      'd DECIMAL(16, 2)',
      "'connector' = 'print'",
    ]);
    const [pipeline] = await pipelinesOf(script);
    expect(pipeline!.sink).toMatchObject({ kind: 'table', table: { path: { name: 't' } } });
  });

  it('has columns of its own first, and types for those of the query', async () => {
    const script = `${source}; CREATE TABLE t (x INT, b VARCHAR(9), y AS a + 1, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'print') AS SELECT b, a FROM s`;
    expect((await shown(script)).slice(0, 5)).toEqual([
      'x INT',
      'y AS a + 1',
      'b VARCHAR(9)',
      'a BIGINT NOT NULL',
      'PRIMARY KEY (a) NOT ENFORCED',
    ]);
  });

  it('replaces a table', async () => {
    const script = `${source}; CREATE TABLE t (gone INT); CREATE OR REPLACE TABLE t WITH ('connector' = 'print') AS SELECT a FROM s;
      REPLACE TABLE t WITH ('connector' = 'print') AS SELECT b FROM s`;
    expect(await shown(script)).toEqual(['b STRING', "'connector' = 'print'"]);
  });

  it.each<[string, RegExp]>([
    ["REPLACE TABLE t WITH ('connector' = 'print') AS SELECT a FROM s", /there is no table 't' to be replaced/],
    ['CREATE TABLE t AS SELECT NULL AS n', /'n' has no type/],
    ['CREATE TEMPORARY TABLE t AS SELECT a FROM s', /makes no temporary table/],
    ['CREATE OR REPLACE TABLE t (a INT)', /REPLACE TABLE without AS is not supported/],
    ['CREATE TABLE s AS SELECT 1 AS x', /exists already/],
  ])('%s is refused', async (statement, message) => {
    await expect(runScript(`${source}; ${statement}`, testSession())).rejects.toThrow(message);
  });
});

describe('INSERT with PARTITION', () => {
  const target = 'CREATE TABLE t (a INT, dy STRING, b BIGINT, hr INT) PARTITIONED BY (dy, hr)';

  it('gives columns that the query does not have their values', async () => {
    const [pipeline] = await pipelinesOf(`${target}; INSERT INTO t PARTITION (dy = 'x', hr = 5) SELECT 1, 2`);
    const { input } = pipeline!;
    const values =
      input.kind === 'values' ? input.rows[0]!.map((cell) => (cell.kind === 'literal' ? cell.value : cell.kind)) : [];
    expect(values).toEqual([1, 'x', 2, 5]);
  });

  it.each<[string, RegExp]>([
    ["INSERT INTO t PARTITION (a = 1) SELECT 1, 'x', 2, 3", /'a' is no column that the table is partitioned by/],
    ["INSERT INTO t PARTITION (dy = 'x', dy = 'y') SELECT 1, 2", /'dy' is given twice/],
    ["INSERT INTO t PARTITION (dy = 'x') SELECT 1, 2", /expected 3 columns, got 2/],
    ['INSERT OVERWRITE t SELECT 1, 2, 3, 4', /INSERT OVERWRITE is not supported/],
  ])('%s is refused', async (statement, message) => {
    await expect(runScript(`${target}; ${statement}`, testSession())).rejects.toThrow(message);
  });
});
