import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { world } from '../../src/cli.ts';
import { runProgram } from '../../src/commands/program.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';

// Keys of records through the whole engine and a real broker: as columns, and as what rows are updated and deleted by.

const scratch = mkdtempSync(join(tmpdir(), 'millrace-keys-'));
let kafka: TestKafka;
let runs = 0;

/** Runs a script; the rows of its queries as `+I a,1`. */
async function run(script: string): Promise<string[]> {
  let stdout = '';
  let stderr = '';
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
      stderr += text;
    }),
  };
  const data = join(scratch, String(runs++));
  const code = await runProgram(['sql', '-e', script, '--output', 'jsonl', '--data-dir', data], deps);
  expect(code, stderr).toBe(0);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { op, row } = JSON.parse(line) as { op: string; row: Record<string, unknown> };
    return `${op} ${Object.values(row).map(text).join(',')}`;
  });
}

const text = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function table(name: string, columns: string, topic: string, options: Readonly<Record<string, string>>): string {
  const all = {
    connector: 'kafka',
    topic,
    'properties.bootstrap.servers': kafka.bootstrap,
    'scan.bounded.mode': 'latest-offset',
    ...(options.connector === 'upsert-kafka' ? {} : { 'scan.startup.mode': 'earliest-offset' }),
    ...options,
  };
  const pairs = Object.entries(all).map(([key, value]) => `'${key}' = '${value}'`);
  return `CREATE TABLE ${name} (${columns}) WITH (${pairs.join(', ')});\n`;
}

const upsert = { connector: 'upsert-kafka', 'key.format': 'json', 'value.format': 'json' };
const account = 'id BIGINT, name STRING, n INT, PRIMARY KEY (id) NOT ENFORCED';
const records = (topic: string) =>
  table('records', 'k STRING, v STRING', topic, {
    'key.format': 'raw',
    'key.fields': 'k',
    'value.format': 'raw',
    'value.fields-include': 'EXCEPT_KEY',
  });

describeWithJava('keys of records', () => {
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(async () => {
    await kafka?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('an upsert topic is read as a changelog and written with tombstones', async () => {
    await kafka.createTopic('in', 2);
    await kafka.createTopic('out', 3);
    const put = (id: number, name: string, n: number) => ({
      key: `{"id":${id}}`,
      value: `{"id":${id},"name":"${name}","n":${n}}`,
    });
    await kafka.produce('in', 0, [put(1, 'a', 10), put(3, 'c', 30), put(1, 'a', 11), put(1, 'a', 11)]);
    await kafka.produce('in', 1, [put(2, 'b', 20), { key: '{"id":2}', value: null }, { key: '{"id":9}', value: null }]);
    const source = table('accounts', account, 'in', upsert);
    const target = table('copy', account, 'out', { ...upsert, 'value.fields-include': 'EXCEPT_KEY' });
    const rows = await run(`${source} SELECT * FROM accounts`);
    expect(rows.sort()).toEqual(['+I 1,a,10', '+I 2,b,20', '+I 3,c,30', '+U 1,a,11', '-D 2,b,20', '-U 1,a,10']);
    await run(`${source}${target} INSERT INTO copy SELECT id, UPPER(name), n FROM accounts WHERE n <> 30`);
    expect((await run(`${records('out')} SELECT * FROM records`)).sort()).toEqual([
      '+I {"id":1},{"name":"A","n":10}',
      '+I {"id":1},{"name":"A","n":11}',
      '+I {"id":2},null',
      '+I {"id":2},{"name":"B","n":20}',
    ]);
    expect((await run(`${target} SELECT * FROM copy`)).sort()).toEqual([
      '+I 1,A,10',
      '+I 2,B,20',
      '+U 1,A,11',
      '-D 2,B,20',
      '-U 1,A,10',
    ]);
  }, 60_000);

  it('key columns, headers and times are written and read', async () => {
    await kafka.createTopic('events', 1);
    const columns = `k_user STRING, k_no INT, v DOUBLE, h MAP<STRING, BYTES> METADATA FROM 'headers',
      ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', topic STRING METADATA VIRTUAL, \`partition\` INT METADATA VIRTUAL,
      \`offset\` BIGINT METADATA VIRTUAL, tt STRING METADATA FROM 'timestamp-type' VIRTUAL`;
    const events = table('events', columns, 'events', {
      'key.format': 'csv',
      'key.fields': 'k_user;k_no',
      'key.fields-prefix': 'k_',
      'value.format': 'json',
      'value.fields-include': 'EXCEPT_KEY',
    });
    await run(
      `SET 'table.local-time-zone' = 'UTC'; ${events} INSERT INTO events VALUES
        ('ada', 7, 1.5, MAP['a', CAST('x' AS BYTES)], TO_TIMESTAMP_LTZ(1700000000123, 3))`,
    );
    expect(await run(`${records('events')} SELECT * FROM records`)).toEqual(['+I ada,7,{"v":1.5}']);
    const all = "k_user, k_no, v, CAST(h['a'] AS STRING), ts, topic, `partition`, `offset`, tt";
    expect(await run(`SET 'table.local-time-zone' = 'UTC'; ${events} SELECT ${all} FROM events`)).toEqual([
      '+I ada,7,1.5,x,2023-11-14T22:13:20.123Z,events,0,0,CreateTime',
    ]);
    expect(await run(`${events} SELECT v FROM events`)).toEqual(['+I 1.5']);
    expect(await run(`${events} SELECT k_no FROM events`)).toEqual(['+I 7']);
  }, 60_000);

  it('a change data feed has its kinds and its metadata, of several rows a record too', async () => {
    await kafka.createTopic('canal', 1);
    const value = `{"data":[{"id":1,"v":"b"},{"id":2,"v":"d"}],"old":[{"v":"a"},{"v":"c"}],"type":"UPDATE","table":"t"}`;
    await kafka.produce('canal', 0, [{ value: null }, { value }]);
    const feed = table(
      'f',
      "id INT, v STRING, tbl STRING METADATA FROM 'value.table' VIRTUAL, o BIGINT METADATA FROM 'offset' VIRTUAL",
      'canal',
      {
        format: 'canal-json',
      },
    );
    expect(await run(`${feed} SELECT * FROM f`)).toEqual(['-U 1,a,t,1', '+U 1,b,t,1', '-U 2,c,t,1', '+U 2,d,t,1']);
  }, 60_000);
});
