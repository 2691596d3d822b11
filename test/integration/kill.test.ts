import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runToEnd, startProgram } from '../support/process.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';

// The main job on a real Kafka, killed again and again: each record counts once, and what can't be read is put aside once or more.

const partitions = 4;
const perPartition = 60_000;
const devices = 50;
const startMs = Date.UTC(2026, 0, 1);

type Window = Readonly<{ count: number; sum: number }>;

/** Every 500th record is not JSON. The temperatures are whole, so that sums are exact in any order. */
function recordOf(partition: number, n: number): string {
  if (n % 500 === 250) return `garbage ${partition}/${n}`;
  const device = (n * 7 + partition) % devices;
  const time = new Date(startMs + n * 10 - (n % 100 === 0 ? 3000 : 0)).toISOString().replace('T', ' ').replace('Z', '');
  return JSON.stringify({ device_id: `d${partition}-${device}`, event_time: time, temperature: n % 90 });
}

/** By device and minute, counted without any of our code. */
function independentCount(): Map<string, Window> {
  const windows = new Map<string, Window>();
  for (let partition = 0; partition < partitions; partition++) {
    for (let n = 0; n < perPartition; n++) {
      const text = recordOf(partition, n);
      if (text.startsWith('garbage')) continue;
      const { device_id, event_time, temperature } = JSON.parse(text);
      const key = `${device_id} ${event_time.slice(0, 16)}`;
      const { count, sum } = windows.get(key) ?? { count: 0, sum: 0 };
      windows.set(key, { count: count + 1, sum: sum + temperature });
    }
  }
  return windows;
}

function scriptOf(bootstrap: string, directory: string, bounded: 'unbounded' | 'latest-offset'): string {
  return `
    SET 'table.local-time-zone' = 'UTC';
    SET 'execution.checkpointing.interval' = '200 ms';
    SET 'millrace.dead-letter.mode' = 'file';
    SET 'millrace.dead-letter.path' = '${join(directory, 'dead')}';
    CREATE TABLE readings (
      device_id STRING, event_time TIMESTAMP(3), temperature DOUBLE,
      WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
    ) WITH (
      'connector' = 'kafka', 'topic' = 'readings', 'properties.bootstrap.servers' = '${bootstrap}',
      'properties.group.id' = 'readings', 'scan.startup.mode' = 'earliest-offset',
      'scan.bounded.mode' = '${bounded}', 'properties.fetch.max.bytes' = '60000',
      'properties.fetch.min.bytes' = '1', 'format' = 'json'
    );
    CREATE CATALOG lake WITH ('type' = 'iceberg', 'catalog-impl' = 'org.apache.iceberg.jdbc.JdbcCatalog',
      'uri' = 'jdbc:sqlite:${directory}/lake.db', 'warehouse' = 'file://${directory}/warehouse');
    CREATE DATABASE IF NOT EXISTS lake.gpu;
    CREATE TABLE IF NOT EXISTS lake.gpu.windows (device_id STRING, window_start TIMESTAMP(3), n BIGINT, total DOUBLE);
    INSERT INTO lake.gpu.windows
    SELECT device_id, window_start, COUNT(*), SUM(temperature)
    FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
    GROUP BY device_id, window_start, window_end;`;
}

describeWithJava('a job from Kafka to Iceberg', () => {
  let kafka: TestKafka;
  const directory = mkdtempSync(join(tmpdir(), 'millrace-kill-'));
  const script = join(directory, 'windows.sql');
  const args = ['run', script, '--data-dir', join(directory, 'data'), '--port', '0'];

  beforeAll(async () => {
    kafka = await startKafka();
    await kafka.createTopic('readings', partitions);
    for (let partition = 0; partition < partitions; partition++) {
      for (let from = 0; from < perPartition; from += 5000) {
        const records = Array.from({ length: 5000 }, (_, i) => ({ value: recordOf(partition, from + i) }));
        await kafka.produce('readings', partition, records, { compression: 'lz4' });
      }
    }
    writeFileSync(script, scriptOf(kafka.bootstrap, directory, 'unbounded'));
  });
  afterAll(async () => {
    await kafka?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('loses and doubles nothing when it is killed at any moment', { timeout: 120_000 }, async () => {
    for (const delay of [0, 90, 210, 330]) {
      const before = newestCheckpoint(directory);
      const program = startProgram(args);
      while (newestCheckpoint(directory) === before && program.child.exitCode === null) await sleep(5);
      await sleep(delay); // a checkpoint takes some of the 200 ms between two: at different steps of it
      program.child.kill('SIGKILL');
      expect(await program.ended).toMatchObject({ signal: 'SIGKILL' });
    }
    writeFileSync(script, scriptOf(kafka.bootstrap, directory, 'latest-offset'));
    const last = await runToEnd(args);
    expect(last.code, last.stderr).toBe(0);
    expect(await tableRows(directory)).toEqual(
      [...independentCount()].map(([key, { count, sum }]) => `${key} ${count} ${sum}`).sort(),
    );
    expect(putAside(directory)).toEqual(garbageRecords());
  });

  it('says which topic is missing', async () => {
    const other = join(directory, 'other.sql');
    writeFileSync(other, readFileSync(script, 'utf8').replace("'topic' = 'readings'", "'topic' = 'reading'"));
    const ended = await runToEnd(['run', other, '--data-dir', join(directory, 'other'), '--port', '0']);
    expect([ended.code, ended.stderr]).toEqual([3, expect.stringMatching(/topic 'reading'.*\n.*readings/s)]);
  });
});

/** The highest id of a whole checkpoint; 0 where there is none. */
function newestCheckpoint(directory: string): number {
  const path = join(directory, 'data', 'checkpoints', 'windows');
  if (!existsSync(path)) return 0;
  const whole = readdirSync(path).filter((name) => existsSync(join(path, name, 'metadata.json')));
  return Math.max(0, ...whole.map((name) => Number(name.replace('chk-', ''))));
}

async function tableRows(directory: string): Promise<string[]> {
  const query = "SELECT device_id, strftime(window_start, '%Y-%m-%d %H:%M'), n, CAST(total AS BIGINT) FROM gpu.windows";
  const catalog = {
    'catalog-impl': 'org.apache.iceberg.jdbc.JdbcCatalog',
    uri: `jdbc:sqlite:${directory}/lake.db`,
    warehouse: `file://${directory}/warehouse`,
  };
  const options = Object.entries(catalog).flatMap(([key, value]) => ['--catalog-option', `${key}=${value}`]);
  const { stdout, stderr, code } = await runToEnd(['query', query, ...options, '--output', 'csv']);
  expect(code, stderr).toBe(0);
  return stdout
    .trim()
    .split('\r\n')
    .slice(1)
    .map((line) => line.replaceAll(',', ' '))
    .sort();
}

function garbageRecords(): string[] {
  const all: string[] = [];
  for (let partition = 0; partition < partitions; partition++)
    for (let n = 250; n < perPartition; n += 500) all.push(`garbage ${partition}/${n}`);
  return all.sort();
}

/** At least once: a record that was put aside and then read again after a crash may be there twice. */
function putAside(directory: string): string[] {
  const path = join(directory, 'dead');
  const lines = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(path, name), 'utf8').split('\n'));
  const values = lines.filter((line) => line !== '').map((line) => JSON.parse(line).text as string);
  return [...new Set(values)].sort();
}
