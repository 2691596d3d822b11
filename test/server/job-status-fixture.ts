import type { JobAudit } from '../../src/model/account.ts';
import { type JobState, type JobStatus, jobStates, type SubtaskStatus } from '../../src/model/job-status.ts';

export const jobId = 'a'.repeat(32);
export const sourceId = 'b'.repeat(32);
export const windowId = 'c'.repeat(32);

export function subtask(index: number, more: Partial<SubtaskStatus> = {}): SubtaskStatus {
  return {
    index,
    state: 'RUNNING',
    startTime: 1_000,
    recordsIn: 100,
    recordsOut: 10,
    bytesIn: 5_000,
    bytesOut: 500,
    busyMs: 600,
    idleMs: 300,
    backPressuredMs: 100,
    watermark: 60_000,
    stateBytes: 1_024,
    counters: {},
    splits: [],
    splitTimes: [],
    ...more,
  };
}

/** A job of two vertices, each with two subtasks, that runs since 1 s and is now at 90 s. */
export function jobStatus(more: Partial<JobStatus> = {}): JobStatus {
  const timestamps = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>;
  return {
    id: jobId,
    name: 'orders',
    state: 'RUNNING',
    startTime: 1_000,
    endTime: -1,
    now: 90_000,
    timestamps: { ...timestamps, CREATED: 1_000, RUNNING: 1_200 },
    parallelism: 2,
    maxParallelism: 128,
    restarts: 0,
    vertices: [
      {
        id: sourceId,
        name: 'Source: t[1] -> Calc[2]',
        parallelism: 2,
        operators: [
          { id: sourceId, name: 'Source: t[1]' },
          { id: 'd'.repeat(32), name: 'Calc[2]' },
        ],
        inputs: [],
        source: true,
        sink: false,
        subtasks: [
          subtask(0, {
            splits: [{ splitId: 't-0', labels: { topic: 't', partition: '0' }, records: 7, seconds: 1.5 }],
          }),
          subtask(1, {
            watermark: 50_000,
            splits: [{ splitId: 't-1', labels: { topic: 't', partition: '1' }, records: 0, seconds: Number.NaN }],
          }),
        ],
      },
      {
        id: windowId,
        name: 'GlobalWindowAggregate[3] -> Sink: o[4]',
        parallelism: 2,
        operators: [{ id: windowId, name: 'GlobalWindowAggregate[3]' }],
        inputs: [{ vertexId: sourceId, shipStrategy: 'HASH' }],
        source: false,
        sink: true,
        subtasks: [
          subtask(0, { counters: { lateRecords: 3 } }),
          subtask(1, { watermark: null, state: 'INITIALIZING' }),
        ],
      },
    ],
    checkpoints: {
      intervalMs: 10_000,
      counts: { restored: 0, total: 3, inProgress: 0, completed: 2, failed: 1 },
      history: [
        checkpointEntry(3, { status: 'FAILED', path: null, failure: 'the disk is full' }),
        checkpointEntry(2, { durationMs: 40, savepoint: true }),
        checkpointEntry(1, { durationMs: 20 }),
      ],
      restored: null,
    },
    exceptions: [],
    audit: { epochs: 2, unbalanced: 0, latest: null, totals: [], findings: [] },
    eventLoopLagMs: 12,
    ...more,
  };
}

/** Of that job: 100 records were read, 60 passed the condition, and at checkpoint 2 one of them was lost on its way to the window. */
export function unbalancedAudit(): JobAudit {
  const imbalance = { place: 'Calc[2] → GlobalWindowAggregate[3]', equation: 'sent = received', left: 40, right: 39 };
  const epoch = { runId: 'r', checkpointId: 2, time: 20_000, balanced: false, nodes: [] };
  const off = { ...epoch, imbalances: [{ ...imbalance, nodeId: windowId, missing: 1 }] };
  const totals = [
    {
      id: sourceId,
      name: 'Source: t[1]',
      in: [],
      out: 100,
      figures: { records: 103, decoded: 100, deadLetters: 3, rows: 100 },
    },
    {
      id: 'd'.repeat(32),
      name: 'Calc[2]',
      in: [100],
      out: 60,
      figures: { passed: 60, filtered: 40, waiting: 0, made: 0 },
    },
    { id: windowId, name: 'GlobalWindowAggregate[3]', in: [59], out: 7, figures: { used: 57, late: 2, waiting: 4 } },
  ];
  return { epochs: 3, unbalanced: 1, latest: off, totals, findings: [off] };
}

type Entry = JobStatus['checkpoints']['history'][number];

function checkpointEntry(id: number, more: Partial<Entry> = {}): Entry {
  return {
    id,
    status: 'COMPLETED',
    savepoint: false,
    triggerTime: id * 10_000,
    latestAckTime: id * 10_000 + 5,
    durationMs: 0,
    sizeBytes: 2_048,
    acknowledgedSubtasks: 4,
    subtasks: 4,
    path: `/data/chk-${id}`,
    failure: null,
    ...more,
  };
}
