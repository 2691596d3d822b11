import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/engine/clock.ts';
import { type RunningJob, startJob } from '../../src/engine/job.ts';
import type { NodeAudit } from '../../src/model/account.ts';
import type { JobGraph } from '../../src/model/job-graph.ts';
import { counterFields, readLedger, testConnectors } from '../support/engine-connectors.ts';

// Real threads: counter → limit, by hash → ledger. Each row that is lost or comes twice is told of, at the place where it happened.

let directory: string;
const warnings: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-audit-'));
  mkdirSync(join(directory, 'faults'));
  warnings.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const rows = 6000;
const [sourceId, limitId, sinkId] = ['a', 'b', 'c'].map((digit) => digit.repeat(32)) as [string, string, string];

function graphOf(parallelism: number, pauseMs: number): JobGraph {
  const faults = join(directory, 'faults');
  const source = {
    kind: 'source',
    connector: 'counter',
    config: { splits: 4, perSplit: rows / 4, batch: 50, pauseMs, faults },
    table: 'counter',
    columns: [],
    fields: counterFields,
    watermark: null,
    bounded: true,
  } as const;
  const sink = {
    kind: 'sink',
    table: 'ledger',
    inputFields: counterFields,
    target: 'table',
    connector: 'ledger',
    config: { directory: join(directory, 'out'), faults },
    notNull: { columns: [], onNull: 'fail' },
    content: null,
    updateBefore: true,
  } as const;
  const inputChanges = { update: false, delete: false };
  const limited = { kind: 'limit', from: 1, to: 1e9, inputChanges, inputFields: counterFields } as const;
  return {
    name: 'audited',
    parallelism,
    maxParallelism: 128,
    timeZone: 'UTC',
    functions: [],
    vertices: [
      {
        id: sourceId,
        name: 'Source',
        parallelism,
        nodes: [{ id: sourceId, name: 'counter', inputs: [], spec: source }],
      },
      {
        id: limitId,
        name: 'Limit -> Sink',
        parallelism,
        nodes: [
          {
            id: limitId,
            name: 'limit',
            inputs: [{ kind: 'edge', edge: 0 }],
            spec: { ...limited, fields: counterFields },
          },
          { id: sinkId, name: 'ledger', inputs: [{ kind: 'node', node: 0 }], spec: sink },
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

function start(parallelism = 2, pauseMs = 2): RunningJob {
  return startJob({
    graph: graphOf(parallelism, pauseMs),
    settings: {
      checkpointIntervalMs: 30,
      checkpointTimeoutMs: 10_000,
      retainedCheckpoints: 1,
      tolerableFailedCheckpoints: 100,
      checkpointDirectory: join(directory, 'checkpoints'),
      savepointDirectory: join(directory, 'savepoints'),
      restart: { kind: 'fixed-delay', attempts: 3, delayMs: 10 },
      deadLetter: {},
    },
    restore: 'latest',
    force: false,
    connectors: testConnectors,
    connectorContext: {
      jobName: 'audited',
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

const fault = (name: string, after: number): void => writeFileSync(join(directory, 'faults', name), String(after));

/** What came to the sink, and what became of it, since the job began. */
function ends(job: RunningJob): readonly (readonly [string, number, number])[] {
  const figure = ({ name, in: inputs, out, figures }: NodeAudit) =>
    [name, inputs[0] ?? figures.rows!, name === 'ledger' ? figures.committed! : out] as const;
  return job.status().audit.totals.map(figure);
}

const all = [
  ['counter', rows, rows],
  ['limit', rows, rows],
  ['ledger', rows, rows],
];

describe('the audit of a job', () => {
  it.each([1, 3])('balances at parallelism %s, epoch by epoch', async (parallelism) => {
    const job = start(parallelism);
    await job.done;
    const { audit, checkpoints } = job.status();
    expect(audit).toMatchObject({ epochs: checkpoints.counts.completed, unbalanced: 0, findings: [] });
    expect(audit.latest).toMatchObject({ balanced: true, checkpointId: checkpoints.history[0]!.id });
    expect(ends(job)).toEqual(all);
    expect(warnings).toEqual([]);
  });

  it('goes on with its sums over failures, failed checkpoints and a stop, at another parallelism', async () => {
    fault('fail-source', 30);
    fault('fail-state', 4);
    const first = start(3, 12);
    const isReached = (): boolean => {
      const { state, restarts, checkpoints } = first.status();
      expect(state).not.toBe('FINISHED');
      return restarts > 0 && checkpoints.history.some(({ failure }) => failure?.includes('fail-state') === true);
    };
    while (!isReached()) await sleep(5);
    await first.stopWithSavepoint();
    const before = first.status().audit;
    expect(before.epochs).toBeGreaterThan(1);
    const second = start(2);
    await second.done;
    expect(readLedger(join(directory, 'out'))).toHaveLength(rows);
    expect(ends(second)).toEqual(all);
    const { audit } = second.status();
    expect(audit.unbalanced).toBe(0);
    expect(audit.epochs).toBe(before.epochs + second.status().checkpoints.counts.completed);
  });

  it.each([
    ['lose-in-operator', 'limit', 'in = passed + waits + used + filtered + late + nullRowtimes + surplus', 1],
    ['double-in-operator', 'limit', 'in = passed + waits + used + filtered + late + nullRowtimes + surplus', -1],
    ['lose-on-edge', 'counter → limit', 'sent = received', 1],
    ['lose-in-sink', 'ledger', 'written = committed', 1],
  ])('%s: tells of it at %s, in the epoch in which it happens', async (name, place, equation, sign) => {
    fault(name, 20);
    const job = start();
    await job.done;
    const { unbalanced, findings } = job.status().audit;
    expect(unbalanced).toBe(1);
    expect(findings).toHaveLength(1);
    const [{ imbalances }] = findings as [(typeof findings)[number]];
    expect(imbalances).toMatchObject([{ place, equation }]);
    expect(Math.sign(imbalances[0]!.missing)).toBe(sign);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(new RegExp(`^checkpoint \\d+: rows do not balance: ${place}: `));
    expect(warnings[0]).toMatch(sign > 0 ? /, 1 row missing$/ : /, \d+ rows too many$/);
  });
});
