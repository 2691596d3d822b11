import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { describeWithJava } from './support/testbed/describe-with-java.ts';

// The benchmarks with their smallest parameters: whether they still run and still count every record. Their numbers mean nothing here.

const timeoutMs = 120_000; // a Kafka, a JVM and four runs of the engine, on a machine that has other things to do

const root = join(import.meta.dirname, '..');

async function bench(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, BENCH: 'smoke' };
  const command = ['--expose-gc', 'bench/run.ts', ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, env });
  return stdout;
}

it(
  'measures every stage',
  async () => {
    const output = await bench('--only', 'stages', '--events', 'telemetry');
    const rates = output.split('\n').filter((line) => /^\S.*\s[\d,]+\s+[\d,]+-[\d,]+\s/.test(line));
    expect(rates.map((line) => line.split(/\s{2,}/)[0])).toEqual([
      'wire decode, none',
      'wire decode, lz4',
      'wire decode, zstd',
      'scan, 3 columns',
      'scan, all 7 columns',
      'calc: filter, expression',
      'local window aggregate',
      'global window aggregate, partial rows',
      'exchange of rows, 4 channels',
      'sink copy, all 7 columns',
      'Parquet encode, all 7 columns, zstd',
      'decode + scan + window, lz4',
      'decode + scan + window, zstd',
    ]);
  },
  timeoutMs,
);

it(
  'measures what accounting costs',
  async () => {
    const output = await bench('--only', 'audit');
    const rates = output.split('\n').filter((line) => /^\S.*\s[\d,]+\s+[\d,]+-[\d,]+\s/.test(line));
    expect(rates.map((line) => line.split(/\s{2,}/)[0])).toContain('walk + account, id header');
  },
  timeoutMs,
);

describeWithJava('the whole job', () => {
  it(
    'is measured beside the Java consumer, and counts every record',
    async () => {
      const output = await bench('--only', 'job');
      const names = output.split('\n').map((line) => line.split(/\s{2,}/)[0]);
      expect(names).toEqual(
        expect.arrayContaining([
          'Java ConsumerPerformance (counts)',
          'millrace, blackhole, parallelism 1',
          'millrace, iceberg, parallelism 1',
        ]),
      );
    },
    timeoutMs,
  );
});

describeWithJava('the mirror', () => {
  it(
    'is measured, with auditors beside it too, and its copies are their sources record by record',
    async () => {
      const output = await bench('--only', 'mirror');
      const rows = output.split('\n').filter((line) => line.startsWith('| Millrace'));
      expect(rows.map((line) => line.split(' | ')[0])).toEqual(['| Millrace', '| Millrace, both sides audited']);
    },
    timeoutMs,
  );
});
