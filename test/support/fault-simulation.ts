import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/engine/clock.ts';
import { type RunningJob, startJob } from '../../src/engine/job.ts';
import type { EngineError } from '../../src/model/errors.ts';
import { columnRef } from '../../src/model/expression.ts';
import type { ChainNode, JobGraph } from '../../src/model/job-graph.ts';
import type { AggregateCall } from '../../src/model/plan.ts';
import { type Field, types } from '../../src/model/types.ts';
import { localWindowFields } from '../../src/operators/window/fields.ts';
import { counterFields, readLedger, testConnectors } from './engine-connectors.ts';
import { until } from './fault-folder.ts';

// A whole job in this process, real threads and all, through a plan of faults, interruptions and restarts: what is in the ledger at the end?

/** Each fails once, at so many calls from the moment that it is laid. */
export const faultNames = [
  'fail-source',
  'fail-sink',
  'fail-state',
  'fail-prepare',
  'fail-commit',
  'fail-after-commit',
] as const;

/** How a run ends before its time: once so many rows are in the ledger. */
type Interruption = Readonly<{ how: 'stop' | 'cancel'; rows: number }>;

export type FaultPlan = Readonly<{
  windowed: boolean;
  splits: number;
  perSplit: number;
  batch: number;
  pauseMs: number;
  /** 0: a watermark before each row. */
  watermarkIntervalMs: number;
  checkpointIntervalMs: number;
  /** Short ones time out; then many may fail. */
  checkpointTimeoutMs: number;
  tolerableFailedCheckpoints: number;
  /** The last is not interrupted. */
  runs: readonly Readonly<{
    parallelism: number;
    faults: readonly (readonly [name: string, calls: number])[];
    end: Interruption | null;
  }>[];
}>;

const windowMs = 500;
const msPerNumber = 10;
const bigint = types.of('bigint', false);
const count: AggregateCall = { name: 'COUNT', args: [], distinct: false, filter: null, type: bigint };
const sum: AggregateCall = { name: 'SUM', args: [1], distinct: false, filter: null, type: bigint };
const windowFields: readonly Field[] = [
  counterFields[0]!,
  { name: 'rows', type: bigint },
  { name: 'total', type: bigint },
  { name: 'window_start', type: types.timestamp(3, false) },
];

/**
 * Runs the plan and gives back how the ledger differs from what it has to hold: `-row` is missing, `+row` is there too often. `!` stands
 * before what no fault accounts for.
 */
export async function differencesAfter(plan: FaultPlan, sink: { forgetful: boolean }): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-simulation-'));
  try {
    mkdirSync(join(directory, 'faults'));
    const bugs: string[] = [];
    let isFinished = false;
    for (const run of plan.runs) {
      isFinished = await runOnce(plan, run, directory, { ...sink, bugs });
      if (isFinished) break; // before it could be interrupted
    }
    if (!isFinished) throw new Error('the last run did not finish');
    return [...bugs, ...differences(expectedRows(plan), readLedger(join(directory, 'out')))];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether the job has finished. */
async function runOnce(
  plan: FaultPlan,
  { parallelism, faults, end }: FaultPlan['runs'][number],
  directory: string,
  { forgetful, bugs }: { forgetful: boolean; bugs: string[] },
): Promise<boolean> {
  for (const name of faultNames) rmSync(join(directory, 'faults', name), { force: true });
  for (const [name, calls] of faults) writeFileSync(join(directory, 'faults', name), String(calls));
  const job = start(graphOf(plan, parallelism, { directory, forgetful }), plan, directory);
  let isOver = false;
  const done = job.done.then(
    ({ kind }) => kind === 'finished',
    (error: EngineError) => {
      // A job that was told to end does not start again when a fault meets it then: the next run makes it good.
      if (end !== null && error.retryable) return false;
      throw error;
    },
  );
  done
    .catch(() => {})
    .finally(() => {
      isOver = true;
    });
  if (end !== null) {
    await until('rows are in the ledger', () => isOver || readLedger(join(directory, 'out')).length >= end.rows);
    if (end.how === 'cancel') job.cancel();
    else void job.stopWithSavepoint().catch(() => {}); // `done` says it
  }
  const isFinished = await done;
  const { exceptions } = job.status();
  bugs.push(...exceptions.flatMap(({ error }) => (error.code === 'INTERNAL' ? [`!${error.message}`] : [])));
  return isFinished;
}

function start(graph: JobGraph, plan: FaultPlan, directory: string): RunningJob {
  return startJob({
    graph,
    settings: {
      checkpointIntervalMs: plan.checkpointIntervalMs,
      checkpointTimeoutMs: plan.checkpointTimeoutMs,
      retainedCheckpoints: 2,
      tolerableFailedCheckpoints: plan.tolerableFailedCheckpoints,
      checkpointDirectory: join(directory, 'checkpoints'),
      savepointDirectory: join(directory, 'savepoints'),
      restart: { kind: 'fixed-delay', attempts: 1000, delayMs: 5 },
      deadLetter: {},
    },
    restore: 'latest',
    force: false,
    connectors: testConnectors,
    connectorContext: {
      jobName: graph.name,
      timeZone: 'UTC',
      workingDirectory: directory,
      warn: () => {},
      now: systemClock.now,
    },
    workerUrl: new URL('./engine-worker.ts', import.meta.url),
    clock: systemClock,
    hooks: { print: async () => {}, collect: async () => {}, warn: () => {} },
  });
}

function idOf(name: string): string {
  return name.padEnd(32, '0');
}

/** counter → ledger, or counter → local window ═hash═ global window → ledger. */
function graphOf(
  plan: FaultPlan,
  parallelism: number,
  { directory, forgetful }: { directory: string; forgetful: boolean },
): JobGraph {
  const faults = join(directory, 'faults');
  const time = { column: 2, type: types.timestamp(3), timeZone: null };
  const rowtime = columnRef(time.column, time.type);
  const { splits, perSplit, batch, pauseMs } = plan;
  const source: ChainNode = {
    id: idOf('c'),
    name: 'counter',
    inputs: [],
    spec: {
      kind: 'source',
      connector: 'counter',
      config: { splits, perSplit, batch, pauseMs, faults },
      table: 'counter',
      columns: [],
      fields: counterFields,
      watermark: {
        expression: rowtime,
        rowtime,
        idleTimeoutMs: null,
        intervalMs: plan.watermarkIntervalMs,
        alignment: null,
        nullRowtime: 'fail',
      },
      bounded: true,
    },
  };
  const window = { kind: 'tumble', sizeMs: windowMs, offsetMs: 0 } as const;
  const aggregates = [count, sum];
  const localFields = localWindowFields({ keys: [0], aggregates, inputFields: counterFields });
  const local: ChainNode = {
    id: idOf('a'),
    name: 'local',
    inputs: [{ kind: 'node', node: 0 }],
    spec: {
      kind: 'local_window_aggregate',
      attached: false,
      window,
      time,
      keys: [0],
      aggregates,
      inputFields: counterFields,
      fields: localFields,
    },
  };
  const global: ChainNode = {
    id: idOf('b'),
    name: 'global',
    inputs: [{ kind: 'edge', edge: 0 }],
    spec: {
      kind: 'global_window_aggregate',
      attached: false,
      window,
      time,
      keyCount: 1,
      aggregates,
      rowFields: counterFields,
      properties: ['window_start'],
      inputFields: localFields,
      fields: windowFields,
    },
  };
  const ledger: ChainNode = {
    id: idOf('d'),
    name: 'ledger',
    inputs: plan.windowed ? [{ kind: 'node', node: 0 }] : [{ kind: 'edge', edge: 0 }],
    spec: {
      kind: 'sink',
      table: 'ledger',
      inputFields: plan.windowed ? windowFields : counterFields,
      target: 'table',
      connector: 'ledger',
      config: { directory: join(directory, 'out'), faults, forgetful },
      notNull: { columns: [], onNull: 'fail' },
      content: null,
      updateBefore: true,
    },
  };
  const [before, behind] = plan.windowed
    ? [
        [source, local],
        [global, ledger],
      ]
    : [[source], [ledger]];
  const vertexOf = (nodes: readonly ChainNode[]) => ({ id: nodes[0]!.id, name: nodes[0]!.name, parallelism, nodes });
  return {
    name: 'simulation',
    parallelism,
    maxParallelism: 128,
    timeZone: 'UTC',
    functions: [],
    vertices: [vertexOf(before!), vertexOf(behind!)],
    edges: [
      {
        sourceVertex: 0,
        sourceNode: before!.length - 1,
        targetVertex: 1,
        partitioning: { kind: 'hash', keys: [0] },
        fields: plan.windowed ? localFields : counterFields,
      },
    ],
  };
}

/** Without any of the engine: what the counter gives, or its windows. */
function expectedRows({ windowed, splits, perSplit }: FaultPlan): string[] {
  const rows: string[] = [];
  const windows = new Map<string, { rows: number; total: number }>();
  for (let split = 0; split < splits; split++) {
    for (let n = 0; n < perSplit; n++) {
      const [key, time] = [`s${split}-${n % 10}`, n * msPerNumber];
      rows.push(`${key} ${n} ${time}`);
      const place = `${key} ${Math.floor(time / windowMs) * windowMs}`;
      const before = windows.get(place) ?? { rows: 0, total: 0 };
      windows.set(place, { rows: before.rows + 1, total: before.total + n });
    }
  }
  if (!windowed) return rows;
  return [...windows].map(([place, { rows, total }]) => place.replace(' ', ` ${rows} ${total} `));
}

function differences(expected: readonly string[], found: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const row of expected) counts.set(row, (counts.get(row) ?? 0) - 1);
  for (const row of found) counts.set(row, (counts.get(row) ?? 0) + 1);
  return [...counts].flatMap(([row, many]) => Array<string>(Math.abs(many)).fill(`${many < 0 ? '-' : '+'}${row}`));
}
