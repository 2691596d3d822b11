import { describe, expect, it } from 'vitest';
import { checkSetting } from '../../src/job/settings.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { Catalog } from '../../src/model/table.ts';
import { MemoryCatalog } from '../../src/sql/session/memory-catalog.ts';
import { pipelinesOf, runScript, testSession } from '../support/sql-session.ts';

const events = `CREATE TABLE events (
  id BIGINT NOT NULL COMMENT 'the user''s',
  name VARCHAR(20),
  ts BIGINT,
  kafka_ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  rowtime AS TO_TIMESTAMP_LTZ((ts + 1) * 1000, 3),
  WATERMARK FOR rowtime AS rowtime - INTERVAL '5' SECOND,
  PRIMARY KEY (id) NOT ENFORCED
) COMMENT 'all of them' PARTITIONED BY (name) WITH ('connector' = 'kafka', 'topic' = 'it''s')`;

/** The rows of the last statement. */
async function rows(script: string, session = testSession()): Promise<readonly (readonly string[])[]> {
  const result = (await runScript(script, session)).at(-1)!;
  if (result.kind !== 'rows') throw new Error(`no rows: ${result.kind}`);
  return result.rows;
}

describe('SHOW', () => {
  it.each([
    ['SHOW CATALOGS', [['default_catalog'], ['lake']]],
    ['SHOW CURRENT CATALOG', [['default_catalog']]],
    ['SHOW CURRENT DATABASE', [['default_database']]],
    ['SHOW DATABASES', [['default_database'], ['other']]],
    ['SHOW DATABASES FROM lake', [['default']]],
    ['SHOW TABLES', [['a'], ['b'], ['t'], ['v']]],
    ["SHOW TABLES LIKE 'a%'", [['a']]],
    ["SHOW TABLES NOT LIKE 'a%'", [['b'], ['t'], ['v']]],
    ['SHOW TABLES FROM other', [['c']]],
    ['SHOW TABLES IN lake.`default`', []],
    ['SHOW VIEWS', [['v']]],
    [
      'SHOW CREATE VIEW v',
      [['CREATE VIEW `default_catalog`.`default_database`.`v` (`y`) AS\nSELECT (x + 1) * 2 FROM a']],
    ],
    ["SET 'a' = 'b'; SET 'c' = 'd'; RESET 'a'; SET", [['c', 'd']]],
    ["SET 'a' = 'b'; RESET; SET", []],
  ])('%s', async (statement, expected) => {
    const setup = `CREATE CATALOG lake WITH ('type' = 'memory'); CREATE DATABASE other; CREATE TABLE a (x INT); CREATE TABLE b (x INT);
      CREATE TABLE other.c (x INT); CREATE TEMPORARY TABLE t (x INT); CREATE VIEW v (y) AS SELECT (x + 1) * 2 FROM a;`;
    expect(await rows(`${setup} ${statement}`)).toEqual(expected);
  });

  it('lists functions by their names, not operators', async () => {
    const names = (await rows('SHOW FUNCTIONS')).map(([name]) => name);
    expect(names).toContain('upper');
    expect(names).toContain('count');
    expect(names).not.toContain('+');
  });

  it('gives a CREATE TABLE that makes the same table', async () => {
    const session = testSession();
    const [[text]] = (await rows(`${events}; SHOW CREATE TABLE events`, session)) as [[string]];
    const again = testSession();
    const [[second]] = (await rows(`${text}; SHOW CREATE TABLE events`, again)) as [[string]];
    expect(second).toBe(text);
    expect(text).toContain("`id` BIGINT NOT NULL COMMENT 'the user''s'");
    expect(text).toContain('`rowtime` AS TO_TIMESTAMP_LTZ((ts + 1) * 1000, 3)');
    const path = { database: 'default_database', name: 'events' };
    const [one, other] = await Promise.all(
      [session, again].map((each) => each.catalogs.get('default_catalog')!.getTable(path.database, path.name)),
    );
    expect(stripped(other)).toEqual(stripped(one));
  });
});

/** Without places in the text. */
function stripped(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, part: unknown) => (key === 'position' ? undefined : part)));
}

describe('DESCRIBE', () => {
  it('shows types, keys, extras and the watermark', async () => {
    expect(await rows(`${events}; DESCRIBE events`)).toEqual([
      ['id', 'BIGINT', 'FALSE', 'PRI(id)', '', ''],
      ['name', 'VARCHAR(20)', 'TRUE', '', '', ''],
      ['ts', 'BIGINT', 'TRUE', '', '', ''],
      ['kafka_ts', 'TIMESTAMP_LTZ(3)', 'TRUE', '', "METADATA FROM 'timestamp' VIRTUAL", ''],
      [
        'rowtime',
        'TIMESTAMP_LTZ(3) *ROWTIME*',
        'TRUE',
        '',
        'AS TO_TIMESTAMP_LTZ((ts + 1) * 1000, 3)',
        "rowtime - INTERVAL '5' SECOND",
      ],
    ]);
  });

  it('shows the columns of a view', async () => {
    const script = `${events}; CREATE VIEW v (a, b) AS SELECT id, UPPER(name) FROM events; DESC v`;
    expect((await rows(script)).map((row) => row.slice(0, 3))).toEqual([
      ['a', 'BIGINT', 'FALSE'],
      ['b', 'STRING', 'TRUE'],
    ]);
  });
});

describe('names', () => {
  it('are looked up where the session is', async () => {
    const script = `CREATE CATALOG lake WITH ('type' = 'memory'); USE CATALOG lake; CREATE DATABASE db; USE db; CREATE TABLE t (a INT);
      USE CATALOG default_catalog; SELECT a FROM lake.db.t; USE lake.db; SELECT a FROM t;`;
    const pipelines = await pipelinesOf(script);
    expect(pipelines.map(({ input }) => input.fields)).toEqual(
      new Array(2).fill([{ name: 'a', type: { kind: 'int', nullable: true } }]),
    );
  });

  it('of temporary tables hide lasting ones, until they are dropped', async () => {
    const session = testSession();
    const columns = async (): Promise<string[]> => {
      const [pipeline] = await pipelinesOf('SELECT * FROM t', session);
      return pipeline!.input.fields.map(({ name }) => name);
    };
    await runScript('CREATE TABLE t (a INT); CREATE TEMPORARY TABLE t (b INT)', session);
    expect(await columns()).toEqual(['b']);
    await expect(runScript('DROP TABLE t', session)).rejects.toThrow(/a temporary table hides the table 't'/);
    await runScript('DROP TEMPORARY TABLE t', session);
    expect(await columns()).toEqual(['a']);
  });

  it('that exist or not are no error where the statement says so', async () => {
    const script = `CREATE TABLE t (a INT); CREATE TABLE IF NOT EXISTS t (b INT); DROP TABLE IF EXISTS u; DROP VIEW IF EXISTS u;
      DROP DATABASE IF EXISTS u; DROP CATALOG IF EXISTS u; CREATE DATABASE IF NOT EXISTS default_database; DROP TEMPORARY TABLE IF EXISTS u;
      CREATE CATALOG c WITH ('type' = 'memory'); CREATE CATALOG IF NOT EXISTS c WITH ('type' = 'memory');`;
    expect((await runScript(script)).every(({ kind }) => kind === 'ok')).toBe(true);
  });

  it.each([
    ['DROP CATALOG default_catalog', /is the current catalog/],
    ['CREATE DATABASE db; CREATE TABLE db.t (a INT); DROP DATABASE db', /the database 'db' has tables/],
    ['CREATE TABLE t (a INT); DROP VIEW t', /there is no view 't'.*it is a table/],
    ['CREATE DATABASE default_database', /exists already/],
    ['CREATE TEMPORARY TABLE t (a INT); CREATE TEMPORARY TABLE t (a INT)', /exists already/],
    ['CREATE TABLE a.b.c.d (x INT)', /expected a name of at most/],
    ['CREATE TABLE t (a INT); CREATE VIEW v AS SELECT a FROM t; INSERT INTO v SELECT 1', /'v' is a view/],
  ])('%s is refused', async (script, message) => {
    await expect(runScript(script)).rejects.toThrow(message);
  });

  it('of a database that is dropped with all it has', async () => {
    expect(
      await rows('CREATE DATABASE db; CREATE TABLE db.t (a INT); DROP DATABASE db CASCADE; SHOW DATABASES'),
    ).toEqual([['default_database']]);
  });
});

describe('catalogs', () => {
  it('are made with their options and closed when they are dropped', async () => {
    const seen: unknown[] = [];
    const catalogFactory = async (name: string, options: ReadonlyMap<string, string>): Promise<Catalog> => {
      seen.push([name, Object.fromEntries(options)]);
      const catalog = new MemoryCatalog(name, 'default');
      return Object.assign(catalog, { close: async () => void seen.push('closed') });
    };
    const session = testSession({ catalogFactory });
    await runScript("CREATE CATALOG lake WITH ('type' = 'iceberg', 'uri' = 'http://x'); DROP CATALOG lake", session);
    expect(seen).toEqual([['lake', { type: 'iceberg', uri: 'http://x' }], 'closed']);
  });

  it('that can not be made fail at their name', async () => {
    const catalogFactory = async (): Promise<Catalog> => {
      throw new EngineError('CONNECTION', 'catalog: no answer');
    };
    const script = "\nCREATE CATALOG lake WITH ('type' = 'iceberg')";
    const error = await runScript(script, testSession({ catalogFactory })).catch((reason: EngineError) => reason);
    expect(error).toMatchObject({ code: 'CONNECTION', retryable: true, position: { line: 2, column: 16 } });
  });
});

describe('SET', () => {
  it('keeps what is set, refuses what is unknown, and says what has no effect', async () => {
    const warnings: string[] = [];
    const session = testSession({ checkSetting, warn: (message) => warnings.push(message) });
    await runScript("SET 'parallelism.default' = '2'; SET 'state.backend.type' = 'rocksdb';", session);
    expect(session.settings.get('parallelism.default')).toBe('2');
    expect(warnings).toEqual([expect.stringContaining('state.backend.type')]);
    await expect(runScript("SET 'paralelism.default' = '2'", session)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      position: { line: 1, column: 1 },
    });
  });
});

describe('statement sets', () => {
  it('are one result, INSERTs outside of them one each', async () => {
    const script = `CREATE TABLE s (a INT); INSERT INTO s SELECT 1; INSERT INTO s SELECT 2;
      EXECUTE STATEMENT SET BEGIN INSERT INTO s SELECT CASE WHEN TRUE THEN 1 END; INSERT INTO s SELECT 2; END;
      BEGIN STATEMENT SET; INSERT INTO s SELECT 3; END;`;
    const counts = (await runScript(script)).flatMap((result) =>
      result.kind === 'pipelines' ? [result.pipelines.length] : [],
    );
    expect(counts).toEqual([1, 1, 2, 1]);
  });
});

describe('hints', () => {
  it('replace options of the table for one query', async () => {
    const script = `${events}; SELECT id FROM events /*+ OPTIONS('topic'='other', 'scan.startup.mode'='latest-offset') */; SELECT id FROM events`;
    const options = (await pipelinesOf(script)).map(({ input }) => {
      let node = input;
      while ('input' in node) node = node.input;
      return node.kind === 'scan' ? Object.fromEntries(node.table.options) : null;
    });
    expect(options).toEqual([
      { connector: 'kafka', topic: 'other', 'scan.startup.mode': 'latest-offset' },
      { connector: 'kafka', topic: "it's" },
    ]);
  });
});

describe('hints of a query', () => {
  it.each(['BROADCAST(a), SHUFFLE_HASH(b, c.d)', "LOOKUP('table' = 't', 'async' = 'true')", 'MULTI_JOIN(a, b)'])(
    'change nothing: %s',
    async (hint) => expect(await pipelinesOf(`${events}; SELECT /*+ ${hint} */ id FROM events`)).toHaveLength(1),
  );

  it.each([
    ["LOOKUP('table' = 't', 'retry-predicate' = 'lookup_miss')", /the hint LOOKUP with a retry is not supported/],
    ['FASTER', /the hint FASTER is not supported/],
  ])('are refused where they could: %s', async (hint, message) => {
    await expect(pipelinesOf(`${events}; SELECT /*+ ${hint} */ id FROM events`)).rejects.toThrow(message);
  });
});

describe('ON CONFLICT', () => {
  const insert = "CREATE TABLE s (a INT) WITH ('connector' = 'print'); INSERT INTO s SELECT 1 ON CONFLICT DO";

  it('DEDUPLICATE is what is done anyway', async () =>
    expect(await pipelinesOf(`${insert} DEDUPLICATE`)).toHaveLength(1));

  it.each(['NOTHING', 'ERROR'])('%s is refused', async (action) => {
    await expect(pipelinesOf(`${insert} ${action}`)).rejects.toThrow(`ON CONFLICT DO ${action} is not supported`);
  });
});

describe('table functions', () => {
  it.each([
    "SELECT window_start FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE) AS w",
    "SELECT * FROM HOP(data => TABLE t, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '1' HOUR, SIZE => INTERVAL '1' DAY)",
  ])('may stand without TABLE: %s', async (query) => {
    const table = 'CREATE TABLE t (ts TIMESTAMP(3), WATERMARK FOR ts AS ts)';
    const pipelines = await pipelinesOf(`${table} WITH ('connector' = 'datagen'); ${query}`);
    expect(pipelines).toEqual(
      await pipelinesOf(
        `${table} WITH ('connector' = 'datagen'); ${query.replace(/(?<=FROM )\w+\(.*\)/, 'TABLE($&)')}`,
      ),
    );
  });

  it('are refused by name', async () => {
    const query = `${events}; SELECT * FROM FORECAST(TABLE events)`;
    await expect(pipelinesOf(query)).rejects.toThrow('the table function FORECAST is not supported');
  });
});

describe('words', () => {
  it.each(['SELECT user FROM (VALUES (1)) AS t(`user`)', 'SELECT CURRENT_DATE(), LOCALTIMESTAMP()'])(
    '%s',
    async (query) => expect(await pipelinesOf(query)).toHaveLength(1),
  );
});

describe('EXPLAIN', () => {
  it.each([
    'EXPLAIN SELECT id FROM events',
    'EXPLAIN PLAN FOR SELECT id FROM events',
    'EXPLAIN ESTIMATED_COST, CHANGELOG_MODE SELECT id FROM events',
    'EXPLAIN STATEMENT SET BEGIN INSERT INTO s SELECT 1; END',
    'EXPLAIN INSERT INTO s SELECT 1',
  ])('%s', async (statement) => {
    const [[plan]] = (await rows(
      `${events}; CREATE TABLE s (a INT) WITH ('connector' = 'simulator'); ${statement}`,
    )) as [[string]];
    expect(plan).toMatch(/^== Abstract Syntax Tree ==\nSink\(/);
    expect(plan).toContain('\n\n== Optimized Physical Plan ==\nSink(');
    expect(plan).toContain('\n\n== Optimized Execution Plan ==\nSink(');
    expect(plan).toMatch(statement.includes('INSERT') ? /no, Flink has no connector 'simulator'$/ : /unchanged: yes$/);
  });

  it('says which changes each node brings', async () => {
    const feed = "CREATE TABLE f (id INT, v INT) WITH ('connector' = 'filesystem', 'format' = 'debezium-json')";
    const [[plan]] = (await rows(`${feed}; EXPLAIN CHANGELOG_MODE SELECT v + 1 AS w FROM f`)) as [[string]];
    expect(plan.match(/\w+\(|changelogMode=\[[^\]]*\]/g)!.join(' ')).toContain(
      'Sink( changelogMode=[NONE] Calc( changelogMode=[I,UB,UA,D] Scan( changelogMode=[I,UB,UA,D]',
    );
  });

  it('gives the nodes as JSON, and advice', async () => {
    const [[plan]] = (await rows(
      "CREATE TABLE p (id INT) WITH ('connector' = 'datagen'); EXPLAIN JSON_EXECUTION_PLAN, PLAN_ADVICE SELECT id FROM p",
    )) as [[string]];
    expect(plan).toContain('\nNo available advice...\n');
    const json = plan.slice(plan.indexOf('{'), plan.lastIndexOf('}') + 1);
    const { nodes } = JSON.parse(json.slice(json.indexOf('{\n'))) as { nodes: Record<string, unknown>[] };
    expect(nodes.map(({ id, type, pact, predecessors }) => [id, type, pact, predecessors])).toEqual([
      [1, 'Scan', 'Data Source', undefined],
      [2, 'Sink', 'Data Sink', [{ id: 1, side: 'second' }]],
    ]);
  });
});
