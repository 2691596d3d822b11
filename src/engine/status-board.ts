/** What can be seen of a job, gathered from its slots, its checkpoints and its failures (model/job-status.ts). */
import type { EpochAudit, JobAudit, RecordedAccount } from '../model/account.ts';
import type { ErrorData } from '../model/errors.ts';
import type { JobGraph } from '../model/job-graph.ts';
import {
  type CheckpointStatus,
  type ExceptionStatus,
  type JobState,
  type JobStatus,
  jobStates,
  type SubtaskStatus,
  type VertexStatus,
} from '../model/job-status.ts';
import type { Checkpoint } from './checkpoint-store.ts';
import type { Clock } from './clock.ts';
import type { CheckpointKind, PendingCheckpoint } from './pending-checkpoint.ts';
import type { SubtaskId } from './protocol.ts';

/** Entries kept of each history; older ones are dropped, but for the first failure. */
const historyLength = 20;

export class StatusBoard {
  readonly #graph: JobGraph;
  readonly #id: string;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #startTime: number;
  readonly #timestamps: Record<JobState, number>;
  #state: JobState = 'INITIALIZING';
  #endTime = -1;
  #restarts = 0;
  #subtasks = new Map<string, SubtaskStatus>();
  #history: CheckpointStatus[] = [];
  readonly #counts = { restored: 0, total: 0, inProgress: 0, completed: 0, failed: 0 };
  #restored: JobStatus['checkpoints']['restored'] = null;
  #exceptions: ExceptionStatus[] = [];
  #eventLoopLagMs = 0;
  #audit: JobAudit = { epochs: 0, unbalanced: 0, latest: null, totals: [], findings: [] };

  constructor(id: string, graph: JobGraph, intervalMs: number, clock: Clock) {
    this.#id = id;
    this.#graph = graph;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#startTime = clock.now();
    this.#timestamps = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>;
    this.#timestamps.INITIALIZING = this.#startTime;
  }

  get state(): JobState {
    return this.#state;
  }

  /** Whether the job has ended, in whichever way. */
  get isOver(): boolean {
    return this.#state === 'FINISHED' || this.#state === 'CANCELED' || this.#state === 'FAILED';
  }

  enter(state: JobState): void {
    this.#state = state;
    this.#timestamps[state] = this.#clock.now();
    if (state === 'RESTARTING') this.#restarts++;
    if (state === 'FINISHED' || state === 'FAILED' || state === 'CANCELED') this.#endTime = this.#clock.now();
  }

  failed(error: ErrorData, taskName: string | null): void {
    this.#exceptions.unshift({ timestamp: this.#clock.now(), error, taskName });
    if (this.#exceptions.length > historyLength) this.#exceptions.splice(historyLength - 1, 1);
  }

  eventLoopLag(ms: number): void {
    this.#eventLoopLagMs = ms;
  }

  slotStatus(subtasks: readonly (SubtaskId & { status: SubtaskStatus })[]): void {
    for (const { vertex, subtask, status } of subtasks) this.#subtasks.set(`${vertex}/${subtask}`, status);
  }

  restoredFrom({ path, metadata }: Checkpoint): void {
    this.#counts.restored++;
    const { checkpointId, savepoint } = metadata;
    this.#restored = { id: checkpointId, time: this.#clock.now(), savepoint, path };
    if (metadata.account !== undefined) this.#audit = { ...this.#audit, ...this.#sums(metadata.account) };
  }

  audited(epoch: EpochAudit, record: RecordedAccount): void {
    const { findings } = this.#audit;
    this.#audit = {
      ...this.#sums(record),
      latest: epoch,
      findings: epoch.balanced ? findings : [epoch, ...findings].slice(0, historyLength),
    };
  }

  #sums({ nodes, epochs, unbalanced }: RecordedAccount): Pick<JobAudit, 'epochs' | 'unbalanced' | 'totals'> {
    const named = this.#graph.vertices.flatMap((vertex) => vertex.nodes);
    const totals = named.flatMap(({ id, name }) => (nodes[id] === undefined ? [] : [{ id, name, ...nodes[id] }]));
    return { epochs, unbalanced, totals };
  }

  checkpointStarted(pending: PendingCheckpoint): void {
    this.#counts.total++;
    this.#counts.inProgress = 1;
    this.#put(this.#statusOf(pending, 'IN_PROGRESS', null));
  }

  checkpointAcknowledged(pending: PendingCheckpoint): void {
    this.#put(this.#statusOf(pending, 'IN_PROGRESS', null));
  }

  checkpointCompleted(pending: PendingCheckpoint, now: number): void {
    this.#counts.completed++;
    this.#counts.inProgress = 0;
    this.#put(this.#statusOf(pending, 'COMPLETED', now));
  }

  checkpointFailed(id: number, kind: CheckpointKind, triggerTime: number, error: ErrorData): void {
    this.#counts.failed++;
    this.#counts.inProgress = 0;
    const started = this.#history.find((entry) => entry.id === id);
    if (started === undefined) this.#counts.total++;
    this.#put({
      id,
      savepoint: kind.savepoint,
      triggerTime,
      latestAckTime: started?.latestAckTime ?? null,
      sizeBytes: started?.sizeBytes ?? 0,
      acknowledgedSubtasks: started?.acknowledgedSubtasks ?? 0,
      subtasks: started?.subtasks ?? 0,
      status: 'FAILED',
      durationMs: this.#clock.now() - triggerTime,
      path: null,
      failure: error.message,
    });
  }

  #statusOf(pending: PendingCheckpoint, status: 'IN_PROGRESS' | 'COMPLETED', end: number | null): CheckpointStatus {
    return {
      id: pending.id,
      status,
      savepoint: pending.kind.savepoint,
      triggerTime: pending.triggerTime,
      latestAckTime: pending.acknowledged === 0 ? null : this.#clock.now(),
      durationMs: (end ?? this.#clock.now()) - pending.triggerTime,
      sizeBytes: pending.byteLength,
      acknowledgedSubtasks: pending.acknowledged,
      subtasks: pending.subtasks,
      path: status === 'COMPLETED' ? pending.path : null,
      failure: null,
    };
  }

  #put(status: CheckpointStatus): void {
    this.#history = [status, ...this.#history.filter(({ id }) => id !== status.id)].slice(0, historyLength);
  }

  status(): JobStatus {
    return {
      id: this.#id,
      name: this.#graph.name,
      state: this.#state,
      startTime: this.#startTime,
      endTime: this.#endTime,
      now: this.#clock.now(),
      timestamps: this.#timestamps,
      parallelism: this.#graph.parallelism,
      maxParallelism: this.#graph.maxParallelism,
      restarts: this.#restarts,
      vertices: this.#graph.vertices.map((_, index) => this.#vertex(index)),
      checkpoints: {
        intervalMs: this.#intervalMs,
        counts: { ...this.#counts },
        history: this.#history,
        restored: this.#restored,
      },
      exceptions: this.#exceptions,
      audit: this.#audit,
      eventLoopLagMs: this.#eventLoopLagMs,
    };
  }

  #vertex(index: number): VertexStatus {
    const { id, name, parallelism, nodes } = this.#graph.vertices[index]!;
    const inputs = this.#graph.edges
      .filter((edge) => edge.targetVertex === index)
      .map((edge) => ({
        vertexId: this.#graph.vertices[edge.sourceVertex]!.id,
        shipStrategy: edge.partitioning.kind.toUpperCase() as 'HASH' | 'FORWARD' | 'REBALANCE',
      }));
    return {
      id,
      name,
      parallelism,
      operators: nodes.map((node) => ({ id: node.id, name: node.name })),
      inputs,
      source: nodes.some(({ spec }) => spec.kind === 'source' || spec.kind === 'values'),
      sink: nodes.some(({ spec }) => spec.kind === 'sink'),
      subtasks: Array.from({ length: parallelism }, (_, subtask) => {
        return this.#subtasks.get(`${index}/${subtask}`) ?? unseen(subtask, this.#startTime);
      }),
    };
  }
}

function unseen(index: number, startTime: number): SubtaskStatus {
  return {
    index,
    state: 'INITIALIZING',
    startTime,
    recordsIn: 0,
    recordsOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    busyMs: 0,
    idleMs: 0,
    backPressuredMs: 0,
    watermark: null,
    stateBytes: 0,
    counters: {},
    splits: [],
    splitTimes: [],
  };
}
