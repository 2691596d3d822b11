import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../src/model/errors.ts';
import type { RunningServer } from '../../src/server/listening.ts';
import { testWorld } from './world.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'millrace-commands-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));
const running = ['--data-dir', dataDir, '--port', '0'];

describe('help', () => {
  it.each(['run', 'sql', 'explain', 'lint', 'test', 'query', 'demo', 'simulate', 'topology', 'serve', 'jobs', 'lag'])(
    'of %s has examples',
    async (command) => {
      const { run, stdout } = testWorld();
      expect(await run(command, '--help')).toBe(0);
      expect(stdout.text()).toContain(`Usage: millrace ${command} `);
      expect(stdout.text()).toContain(`Examples:
  millrace ${command}`);
    },
  );

  it('names each command as it is called', async () => {
    const all = testWorld();
    expect(await all.run('--help')).toBe(0);
    const [, list] = all.stdout.text().split(/Commands:|Examples:/);
    const names = [...list!.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
      .map(([, name]) => name!)
      .filter((name) => name !== 'help');
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) {
      const { run, stdout } = testWorld();
      expect(await run(name, '--help')).toBe(0);
      expect(stdout.text()).toContain(`Usage: millrace ${name} `);
    }
  });

  it.each([
    [[], 2],
    [['--version'], 0],
    [['rn'], 2],
    [['run'], 2],
    [['run', 'x.sql', '--parallelism', '0'], 2],
    [['run', 'x.sql', '--param', 'novalue'], 2],
    [['sql', '--output', 'xml'], 2],
    [['run', 'missing.sql', ...running], 3],
    [['run', 'job.txt', ...running], 2],
  ])('%j ends with %i', async (argv, code) => {
    expect(await testWorld().run(...argv)).toBe(code);
  });
});

describe('run', () => {
  it('runs the whole script as one job, and says how it ended', async () => {
    const { run, jobs, stderr } = testWorld();
    expect(await run('run', 'values.sql', ...running)).toBe(0);
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({ restore: 'latest', force: false, graph: { name: 'values' } });
    expect(jobs[0]!.settings.checkpointDirectory).toBe(join(dataDir, 'checkpoints'));
    expect(stderr.text()).toMatch(/warning: SET 'state.backend.type' has no effect here/);
    expect(stderr.text()).toMatch(/HTTP on http:\/\/127.0.0.1:\d+\n/);
    expect(stderr.text()).toMatch(/values finished: 200 records/);
  });

  it.each([
    [[], 'latest'],
    [['--restore', 'none'], 'none'],
    [['--restore', '/data/savepoint-7'], '/data/savepoint-7'],
    [['--restore', 'file:///data/savepoint-7'], '/data/savepoint-7'],
  ])('with %j starts from %s', async (options, restore) => {
    const { run, jobs } = testWorld();
    await run('run', 'values.sql', ...running, ...options);
    expect(jobs[0]!.restore).toBe(restore);
  });

  it('with --quiet says nothing of progress', async () => {
    const { run, stderr } = testWorld();
    await run('run', 'values.sql', ...running, '--quiet');
    expect(stderr.text()).not.toMatch(/finished/);
  });

  it('prints rows of a SELECT as lines of JSON', async () => {
    const rows = ['{"op":"+I","row":{"n":1}}'];
    const { run, stdout } = testWorld({ rows });
    await run('run', 'values.sql', ...running);
    expect(stdout.text()).toBe(`${rows[0]}\n`);
  });

  it.each([
    [new EngineError('CONNECTION', 'no broker', { hint: 'Start one.' }), 1, /^error: no broker\n {2}Start one\.$/m],
    [new EngineError('CONFLICT', 'someone else'), 5, /error: someone else/],
    [new EngineError('TIMEOUT', 'too slow'), 124, /error: too slow/],
  ])('that fails of %s ends with %i', async (failure, code, text) => {
    const { run, stderr } = testWorld({ failure });
    expect(await run('run', 'values.sql', ...running)).toBe(code);
    expect(stderr.text()).toMatch(text);
    expect(stderr.text()).not.toMatch(/ at .*\.ts/);
  });

  it('shows a stack trace with --verbose', async () => {
    const { run, stderr } = testWorld({ failure: new EngineError('IO', 'the disk is full') });
    await run('run', 'values.sql', ...running, '--verbose');
    expect(stderr.text()).toMatch(/ at .*\.ts/);
  });

  it('stops with a savepoint on a signal, and ends at once on the second', async () => {
    const world = testWorld({ running: ({ signal }) => signal('SIGTERM') });
    expect(await world.run('run', 'values.sql', ...running)).toBe(0);
    expect(world.stderr.text()).toMatch(
      /stopping with a savepoint[\s\S]*values stopped: .*savepoint \/data\/savepoint-1/,
    );
    expect(world.exits).toEqual([]);
    expect(world.handlers.size).toBe(0);

    const twice = testWorld({
      running: ({ signal }) => {
        signal('SIGINT');
        signal('SIGINT');
      },
    });
    await twice.run('run', 'values.sql', ...running);
    expect(twice.exits).toEqual([130]);
  });

  it('is refused where the port is taken', async () => {
    const { startServer } = await import('../../src/server/http-server.ts');
    const server: RunningServer = await startServer({
      port: 0,
      host: '127.0.0.1',
      status: () => [],
      build: { version: '' },
    });
    const { run } = testWorld();
    expect(await run('run', 'values.sql', '--data-dir', dataDir, '--port', String(server.port))).toBe(5);
    await server.close();
  });
});

describe('sql', () => {
  const rows = ['{"op":"+I","row":{"n":1}}', '{"op":"+I","row":{"n":2}}'];
  const text = 'SELECT n FROM (VALUES (1), (2)) AS t (n)';

  it.each([
    ['jsonl', `${rows.join('\n')}\n`],
    ['csv', 'n\r\n1\r\n2\r\n'],
    ['table', '+---+\n| n |\n+---+\n| 1 |\n| 2 |\n+---+\n2 rows\n'],
  ])('prints rows as %s', async (format, expected) => {
    const { run, stdout, jobs, stderr } = testWorld({ rows });
    expect(await run('sql', '-e', text, '--output', format)).toBe(0);
    expect(stdout.text()).toBe(expected);
    expect(stderr.text()).toBe('');
    expect(jobs[0]).toMatchObject({
      restore: 'none',
      graph: { name: 'collect' },
      settings: { restart: { kind: 'none' } },
    });
  });

  it('runs each statement as a job of its own, with the settings of its place', async () => {
    const { run, jobs } = testWorld();
    const script = `CREATE TABLE sunk (n INT) WITH ('connector' = 'blackhole');
      INSERT INTO sunk ${text}; SET 'pipeline.name' = 'second'; SET 'restart-strategy.type' = 'fixed-delay'; INSERT INTO sunk ${text};`;
    expect(await run('sql', '-e', script, '--quiet')).toBe(0);
    expect(jobs.map(({ graph, settings }) => [graph.name, settings.restart.kind])).toEqual([
      ['insert-into_default_catalog.default_database.sunk', 'none'],
      ['second', 'fixed-delay'],
    ]);
  });

  it('shows what SHOW and DESCRIBE give, without a job', async () => {
    const { run, stdout, jobs } = testWorld();
    const script = "CREATE TABLE sunk (n INT) WITH ('connector' = 'blackhole'); SHOW TABLES";
    expect(await run('sql', '-e', script, '--output', 'csv')).toBe(0);
    expect(stdout.text()).toBe('table name\r\nsunk\r\n');
    expect(jobs).toEqual([]);
  });

  it('reads stdin, a file, or a text', async () => {
    const { run, jobs } = testWorld();
    await run('sql');
    await run('sql', '-f', 'values.sql', '--quiet');
    expect(jobs.map(({ graph }) => graph.name)).toEqual([
      'collect',
      'insert-into_default_catalog.default_database.sunk',
    ]);
    expect(await run('sql', '-f', 'values.sql', '-e', text)).toBe(2);
  });

  it('ends with 130 when it is interrupted', async () => {
    const { run } = testWorld({ running: ({ signal }) => signal('SIGINT') });
    expect(await run('sql', '-e', text)).toBe(130);
  });

  it('says where an error is', async () => {
    const { run, stderr } = testWorld();
    expect(await run('sql', '-e', 'SELECT a FORM t')).toBe(2);
    expect(stderr.text()).toMatch(/^error: line 1, column \d+: [\s\S]*SELECT a FORM t\n.*\^/);
  });
});

describe('lint', () => {
  it('says every fault with its place', async () => {
    const { run, stderr } = testWorld();
    expect(await run('lint', 'faults.sql')).toBe(2);
    const text = stderr.text();
    expect(text).toMatch(/line 2, column 1: SET 'paralelism.default': unknown setting/);
    expect(text).toMatch(/Did you mean 'parallelism.default'\?/);
    expect(text).toMatch(/line 3, column \d+: .*'?m'?/);
    expect(text).toMatch(/line 4, column 1: .*unknown connector 'printt'/);
    expect(text).toMatch(/3 faults\n$/);
  });

  it('says that there is none', async () => {
    const { run, stderr, jobs } = testWorld();
    expect(await run('lint', 'values.sql')).toBe(0);
    expect(stderr.text()).toMatch(/values.sql: no faults\n$/);
    expect(jobs).toEqual([]);
  });

  it('never shows a secret', async () => {
    const { run, stderr } = testWorld({}, { env: { TOKEN: 'hush-hush' } });
    expect(await run('lint', 'secret.yaml')).toBe(2);
    expect(stderr.text()).toContain('******');
    expect(stderr.text()).not.toContain('hush');
  });
});

describe('the example jobs', () => {
  const example = (name: string) => join(import.meta.dirname, '../../jobs', name);

  it.each(['gpu-temperature.yaml', 'gpu-anomalies-demo.yaml'])('%s have no faults', async (name) => {
    const { run, stderr } = testWorld();
    expect(await run('lint', example(name)), stderr.text()).toBe(0);
  });

  it('are explained', async () => {
    const { run, stdout } = testWorld();
    expect(await run('explain', example('gpu-temperature.yaml'), '--param', 'window=5 min', '--parallelism', '2')).toBe(
      0,
    );
    const text = stdout.text();
    expect(text).toMatch(
      /^Job gpu-temperature: parallelism 2, 128 key groups, time zone UTC, a checkpoint every 10 s\n/,
    );
    expect(text).toContain('pushed into the scan: device_id STRING, event_time TIMESTAMP(3), temperature DOUBLE\n');
    expect(text).toContain("watermark: event_time - INTERVAL '5' SECOND, every 200 ms, idle after 30 s\n");
    expect(text).toContain('TUMBLE of 5 min on event_time\n');
    expect(text).toContain('<- LocalWindowAggregate[3] of vertex 1, by hash of device_id\n');
    expect(text).toMatch(/Runs on Flink as it is: yes\n$/);
  });

  it('say what is not portable', async () => {
    const { run, stdout } = testWorld();
    await run('explain', example('gpu-anomalies-demo.yaml'));
    expect(stdout.text()).toMatch(/as it is: no\n.*`readings`: the connector 'simulator' is Millrace's own\n$/);
  });
});

describe('explain --restore', () => {
  const former = join(import.meta.dirname, '../engine/checkpoint-0.1.0');

  it('says which state of a checkpoint is kept, and runs nothing', async () => {
    const { run, stdout, jobs } = testWorld();
    expect(await run('explain', join(former, 'job.sql'), '--restore', former)).toBe(0);
    expect(stdout.text()).toBe(
      `checkpoint ${former}\n  kept     Source: readings[1]\n  kept     Sink: kept[8]\n` +
        '  kept     GlobalWindowAggregate[4], 952 bytes\n  kept     Sink: sums[6]\njob job: goes on\n',
    );
    expect(jobs).toEqual([]);
  });

  it('says that there is no checkpoint, and makes no directory', async () => {
    const { run, stdout } = testWorld();
    const nowhere = join(dataDir, 'nowhere');
    expect(await run('explain', join(former, 'job.sql'), '--restore', 'latest', '--data-dir', nowhere)).toBe(0);
    expect(stdout.text()).toBe('job job: no checkpoint to go on from, it starts afresh\n');
    expect(existsSync(nowhere)).toBe(false);
  });

  it('names the directory that is none', async () => {
    const { run, stderr } = testWorld();
    expect(await run('explain', join(former, 'job.sql'), '--restore', 'none')).toBe(3);
    expect(stderr.text()).toContain('expected a metadata.json there, found none');
  });
});

describe('query', () => {
  it('asks the catalog that is named', async () => {
    const { run, queries, stdout } = testWorld();
    const options = ['--catalog', 'c', '--catalog-option', 'catalog-type=rest', '--catalog-option', 'uri=http://x'];
    expect(await run('query', 'SELECT 5 AS n', ...options, '--output', 'csv')).toBe(0);
    expect(stdout.text()).toBe('n\r\n5\r\n');
    const given = new Map([
      ['type', 'iceberg'],
      ['catalog-type', 'rest'],
      ['uri', 'http://x'],
    ]);
    expect(queries).toEqual([{ text: 'SELECT 5 AS n', catalogs: [{ name: 'c', options: given }] }]);
  });

  it('says where it looked for the embedded lake', async () => {
    const { run, stderr } = testWorld();
    expect(await run('query', 'SELECT 1', '--data-dir', dataDir)).toBe(3);
    expect(stderr.text()).toContain(join(dataDir, 'lake', 'catalog.db'));
  });
});
