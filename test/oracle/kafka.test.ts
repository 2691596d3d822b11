import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { world } from '../../src/cli.ts';
import { runProgram } from '../../src/commands/program.ts';
import type { RunningJob } from '../../src/engine/job.ts';
import { describeWithJava } from '../support/testbed/describe-with-java.ts';
import { startKafka, type TestKafka } from '../support/testbed/kafka.ts';

// Cases in which processing time counts: idle partitions, subtasks without one. Lines of the input say when each record is produced.

type Line = Readonly<{ partition: number; delay_s: number; value: object }>;

const cases = join(import.meta.dirname, 'cases');
const afterLastMs = 4_000; // for what the last record sets off: the idle time-out is 2 s

const linesOf = (name: string, file: string): string[] =>
  readFileSync(join(cases, name, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

/** Rows as Flink gave them, without when they were seen. */
const plain = (lines: readonly string[]): string[] =>
  lines.map((line) => JSON.stringify({ ...JSON.parse(line), seen_s: undefined })).sort();

function startSql(script: string, dataDirectory: string) {
  const real = world();
  let started: RunningJob | null = null;
  let stop = (): void => {};
  let stdout = '';
  let stderr = '';
  let over = false;
  const silent = { isTerminal: false, columns: 80 };
  const ended = runProgram(['sql', '-e', script, '--output', 'jsonl', '--data-dir', dataDirectory], {
    ...real,
    runJob: (job) => {
      started = real.runJob(job);
      return started;
    },
    onSignal: (handler) => {
      stop = () => handler('SIGTERM');
      return () => {};
    },
    stdout: {
      ...silent,
      write: async (text) => {
        stdout += String(text);
      },
    },
    stderr: {
      ...silent,
      write: async (text) => {
        stderr += String(text);
      },
    },
  }).finally(() => {
    over = true;
  });
  return {
    running: async () => {
      while (started?.status().state !== 'RUNNING') {
        if (over) throw new Error(`it ended before it ran: ${stderr}`);
        await sleep(20);
      }
    },
    stop: () => stop(),
    lines: async () => {
      await ended;
      return stdout.split('\n').filter((line) => line !== '');
    },
  };
}

describeWithJava('the rows of a real Flink from a real Kafka', () => {
  let kafka: TestKafka;
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-oracle-'));
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(async () => {
    await kafka?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** The job runs in this process: its state says when the first record may come. */
  async function answer(name: string): Promise<string[]> {
    const input = linesOf(name, 'input.jsonl').map((line) => JSON.parse(line) as Line);
    await kafka.createTopic(name, name === 'kafka_more_subtasks_than_partitions' ? 1 : 2);
    const bounded = name.endsWith('_bounded');
    if (bounded) await produce(name, input);
    const script = readFileSync(join(cases, name, 'query.sql'), 'utf8')
      .replace(/\$\{TOPIC\}/g, name)
      .replace('127.0.0.1:29092', kafka.bootstrap);
    const job = startSql(script, join(scratch, name));
    if (!bounded) {
      await job.running();
      await produce(name, input);
      await sleep(afterLastMs);
      job.stop();
    }
    return await job.lines();
  }

  async function produce(topic: string, input: readonly Line[]): Promise<void> {
    let now = 0;
    for (const delay of [...new Set(input.map((line) => line.delay_s))].sort((a, b) => a - b)) {
      await sleep((delay - now) * 1000);
      now = delay;
      for (const { partition, value } of input.filter((line) => line.delay_s === delay))
        await kafka.produce(topic, partition, [{ value: JSON.stringify(value) }]);
    }
  }

  it.concurrent.each([
    'kafka_idle_then_late',
    'kafka_idle_timeout',
    'kafka_more_subtasks_than_partitions',
    'kafka_partition_skew_bounded',
  ])('%s', { timeout: 60_000 }, async (name) => {
    const rows = await answer(name);
    expect(plain(rows)).toEqual(plain(linesOf(name, 'expected.jsonl')));
  });
});
