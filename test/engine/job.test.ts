import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { type RunningJob, startJob } from '../../src/engine/job.ts';
import type { ExecutionSettings, JobGraph } from '../../src/model/job-graph.ts';
import { type CounterConfig, counterFields, readLedger, testConnectors } from '../support/engine-connectors.ts';

let directory: string;
const warnings: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-engine-'));
  mkdirSync(join(directory, 'faults'));
  warnings.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const counterDefaults = { splits: 5, perSplit: 3000, batch: 100, pauseMs: 0 };

function graphOf(parallelism: number, counter: Partial<CounterConfig> = {}): JobGraph {
  const faults = join(directory, 'faults');
  return {
    name: 'ledger-job',
    parallelism,
    maxParallelism: 128,
    timeZone: 'UTC',
    functions: [],
    vertices: [
      {
        id: 'a'.repeat(32),
        name: 'Source: counter',
        parallelism,
        nodes: [
          {
            id: 'a'.repeat(32),
            name: 'counter',
            inputs: [],
            spec: {
              kind: 'source',
              connector: 'counter',
              config: { ...counterDefaults, faults, ...counter },
              table: 'counter',
              columns: [],
              fields: counterFields,
              watermark: null,
              bounded: true,
            },
          },
        ],
      },
      {
        id: 'b'.repeat(32),
        name: 'Sink: ledger',
        parallelism,
        nodes: [
          {
            id: 'c'.repeat(32),
            name: 'ledger',
            inputs: [{ kind: 'edge', edge: 0 }],
            spec: {
              kind: 'sink',
              table: 'ledger',
              inputFields: counterFields,
              target: 'table',
              connector: 'ledger',
              config: { directory: join(directory, 'out'), faults },
              notNull: { columns: [], onNull: 'fail' },
              content: null,
              updateBefore: true,
            },
          },
        ],
      },
    ],
    edges: [
      {
        sourceVertex: 0,
        sourceNode: 0,
        targetVertex: 1,
        partitioning: { kind: 'hash', keys: [0] },
        fields: counterFields,
      },
    ],
  };
}

function start(graph: JobGraph, settings: Partial<ExecutionSettings> = {}, restore = 'latest'): RunningJob {
  return startJob({
    graph,
    settings: {
      checkpointIntervalMs: 40,
      checkpointTimeoutMs: 10_000,
      retainedCheckpoints: 2,
      tolerableFailedCheckpoints: 0,
      checkpointDirectory: join(directory, 'checkpoints'),
      savepointDirectory: join(directory, 'savepoints'),
      restart: { kind: 'fixed-delay', attempts: 3, delayMs: 10 },
      deadLetter: {},
      ...settings,
    },
    restore,
    force: false,
    connectors: testConnectors,
    connectorContext: {
      jobName: graph.name,
      timeZone: 'UTC',
      workingDirectory: directory,
      warn: (message) => warnings.push(message),
      now: () => Date.now(),
    },
    workerUrl: new URL('../support/engine-worker.ts', import.meta.url),
    clock: systemClock,
    hooks: { print: async () => {}, collect: async () => {}, warn: (message) => warnings.push(message) },
  });
}

/** Every (split, number) once. */
function expectedRows(splits: number, perSplit: number): string[] {
  const rows: string[] = [];
  for (let s = 0; s < splits; s++) for (let n = 0; n < perSplit; n++) rows.push(`s${s}-${n % 10} ${n} ${n * 10}`);
  return rows.sort();
}

const full = expectedRows(counterDefaults.splits, counterDefaults.perSplit);

describe('a job', () => {
  it('passes on what its readers warn of', async () => {
    writeFileSync(join(directory, 'faults', 'warn-source'), '');
    await start(graphOf(2)).done;
    expect(warnings).toEqual(Array(2).fill('the counter has something to say'));
  });

  it.each([1, 3])('carries each row once at parallelism %s and ends', async (parallelism) => {
    const job = start(graphOf(parallelism));
    expect(await job.done).toEqual({ kind: 'finished' });
    expect(readLedger(join(directory, 'out'))).toEqual(full);
    expect(job.status()).toMatchObject({ state: 'FINISHED', restarts: 0 });
    const { vertices } = job.status();
    expect(vertices[0]!.subtasks).toHaveLength(parallelism);
  });

  it.each([
    ['fail-source', 40],
    ['fail-sink', 20],
    ['fail-prepare', 3],
    ['fail-commit', 2],
    ['fail-after-commit', 2],
  ])('recovers from %s and loses and doubles nothing', async (fault, after) => {
    writeFileSync(join(directory, 'faults', fault), String(after));
    const job = start(graphOf(2, { pauseMs: 3 }));
    expect(await job.done).toEqual({ kind: 'finished' });
    expect(job.status().restarts).toBe(1);
    expect(job.status().exceptions.at(-1)?.error.message).toContain(fault);
    expect(readLedger(join(directory, 'out'))).toEqual(full);
  });

  it('does not start again while a checkpoint of the failed attempt may still land', async () => {
    const faults = join(directory, 'faults');
    const job = start(graphOf(2, { pauseMs: 3 }));
    while (readLedger(join(directory, 'out')).length === 0) await sleep(5);
    writeFileSync(join(faults, 'hold-prepare'), '');
    while (!existsSync(join(faults, 'hold-prepare.held'))) await sleep(5);
    writeFileSync(join(faults, 'fail-source'), '1');
    while (job.status().exceptions.length === 0) await sleep(5);
    await sleep(150); // time to start again too early
    rmSync(join(faults, 'hold-prepare'));
    expect(await job.done).toEqual({ kind: 'finished' });
    expect(readLedger(join(directory, 'out'))).toEqual(full);
  });

  it('stops with a savepoint and goes on from it, at another parallelism', async () => {
    const job = start(graphOf(3, { pauseMs: 40 })); // some 2.4 s in all
    while (readLedger(join(directory, 'out')).length === 0) await sleep(5);
    const outcome = await job.stopWithSavepoint();
    expect(outcome).toMatchObject({ kind: 'stopped', savepoint: expect.stringContaining('savepoint-') });
    const half = readLedger(join(directory, 'out'));
    expect(half.length).toBeGreaterThan(0);
    expect(half.length).toBeLessThan(full.length);
    expect(await start(graphOf(2)).done).toEqual({ kind: 'finished' });
    expect(readLedger(join(directory, 'out'))).toEqual(full);
  });

  it('that is stopped while it waits to start again goes on from its newest checkpoint', async () => {
    const restart = { kind: 'fixed-delay', attempts: 3, delayMs: 600_000 } as const;
    const job = start(graphOf(2, { pauseMs: 40 }), { restart });
    while (readLedger(join(directory, 'out')).length === 0) await sleep(5);
    writeFileSync(join(directory, 'faults', 'fail-source'), '1');
    while (job.status().state !== 'RESTARTING') await sleep(5);
    expect(await job.stopWithSavepoint()).toEqual({ kind: 'stopped', savepoint: expect.stringMatching(/chk-\d+$/) });
    expect(await start(graphOf(2)).done).toEqual({ kind: 'finished' });
    expect(readLedger(join(directory, 'out'))).toEqual(full);
  });

  it('is where it was after a start that its sink refused', async () => {
    const first = start(graphOf(2, { pauseMs: 40 }));
    while (readLedger(join(directory, 'out')).length === 0) await sleep(5);
    await first.stopWithSavepoint();
    writeFileSync(join(directory, 'faults', 'fail-recover'), '1');
    await expect(start(graphOf(2), { restart: { kind: 'none' } }, 'none').done).rejects.toMatchObject({
      message: 'injected fault fail-recover',
    });
    expect(await start(graphOf(2)).done).toEqual({ kind: 'finished' });
    expect(readLedger(join(directory, 'out'))).toEqual(full);
  });

  it.each([0, 5])('told to stop after %s turns, before it runs, stops with a savepoint once it does', async (turns) => {
    const job = start(graphOf(2, { pauseMs: 40 }));
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    expect(job.status().state).not.toBe('RUNNING');
    expect(await job.stopWithSavepoint()).toMatchObject({ kind: 'stopped' });
    expect(await start(graphOf(1)).done).toEqual({ kind: 'finished' });
    expect(readLedger(join(directory, 'out'))).toEqual(full);
  });

  it('starts afresh once it had finished', async () => {
    await start(graphOf(1)).done;
    await start(graphOf(1)).done;
    expect(readLedger(join(directory, 'out')).length).toBe(2 * full.length);
  });

  it('gives up when the restart strategy does, with the first failure', async () => {
    writeFileSync(join(directory, 'faults', 'fail-sink'), '1');
    const job = start(graphOf(2), { restart: { kind: 'none' } });
    await expect(job.done).rejects.toMatchObject({ code: 'CONNECTION', message: 'injected fault fail-sink' });
    expect(job.status().state).toBe('FAILED');
  });

  it('keeps as many checkpoints as it should', async () => {
    await start(graphOf(2, { pauseMs: 4 })).done;
    const kept = readdirSync(join(directory, 'checkpoints', 'ledger-job')).filter((name) => name.startsWith('chk-'));
    expect(kept).toHaveLength(2);
  });

  it('says at once that its checkpoint directory can not be written', async () => {
    writeFileSync(join(directory, 'file'), '');
    const job = start(graphOf(1), { checkpointDirectory: join(directory, 'file') });
    await expect(job.done).rejects.toMatchObject({ code: 'IO', message: expect.stringContaining('cannot be written') });
  });
});
