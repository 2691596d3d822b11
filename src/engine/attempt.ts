/** One attempt at running a job: from a checkpoint (or nothing) until it ends, is stopped, or fails. */
import type { ConnectorContext, ConnectorRegistry } from '../model/connector.ts';
import type { EngineError } from '../model/errors.ts';
import { toErrorData } from '../model/errors.ts';
import type { ExecutionSettings, JobGraph } from '../model/job-graph.ts';
import { CheckpointCoordinator } from './checkpoint-coordinator.ts';
import type { Checkpoint, CheckpointStore } from './checkpoint-store.ts';
import type { Clock } from './clock.ts';
import { JobAuditor } from './job-auditor.ts';
import { SinkCommits } from './sink-commits.ts';
import { Slots } from './slots.ts';
import { SplitAssigner } from './split-assigner.ts';
import type { StatusBoard } from './status-board.ts';
import { WatermarkAlignment } from './watermark-alignment.ts';
import type { WorkerPool } from './worker-pool.ts';

export type JobHooks = Readonly<{
  /** Writes to the person's stdout; resolves when there is room for more. */
  print: (text: string) => Promise<void>;
  /** Rows of a SELECT, as lines of JSON; resolves when there is room for more. */
  collect: (pipeline: number, rows: readonly string[]) => Promise<void>;
  warn: (message: string) => void;
}>;

export type AttemptOptions = Readonly<{
  graph: JobGraph;
  settings: ExecutionSettings;
  runId: string;
  restored: Checkpoint | null;
  force: boolean;
  firstCheckpointId: number;
  connectors: ConnectorRegistry;
  connectorContext: ConnectorContext;
  store: CheckpointStore;
  pool: WorkerPool;
  board: StatusBoard;
  clock: Clock;
  hooks: JobHooks;
  /** Every sink has taken this run, and what was restored: from now on it is the job's. */
  accepted: () => Promise<void>;
}>;

export type AttemptOutcome =
  | Readonly<{ kind: 'finished' }>
  /** `savepoint`: where it goes on; a checkpoint where it was stopped while it waited to start again. */
  | Readonly<{ kind: 'stopped'; savepoint: string }>
  | Readonly<{ kind: 'cancelled' }>;

export class Attempt {
  readonly #options: AttemptOptions;
  readonly #commits: SinkCommits;
  readonly #assigner: SplitAssigner;
  readonly #slots: Slots;
  readonly #coordinator: CheckpointCoordinator;
  readonly #outcome: PromiseWithResolvers<AttemptOutcome> = Promise.withResolvers();
  readonly #over = new AbortController();
  readonly #running = new Set<string>();
  readonly #begun: PromiseWithResolvers<void> = Promise.withResolvers();
  #stopping = false;
  /** The task that failed first. */
  failedTask: string | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
    const { graph, connectors, connectorContext: ctx, clock, settings, runId, store, board, pool, hooks } = options;
    this.#outcome.promise.catch(() => {}); // awaited in run: a failure may come before that
    const alignment = new WatermarkAlignment(graph);
    this.#commits = new SinkCommits(graph, connectors, ctx);
    this.#assigner = new SplitAssigner(graph, { connectors, ctx, clock });
    for (const [vertex, { parallelism }] of graph.vertices.entries())
      for (let subtask = 0; subtask < parallelism; subtask++) this.#running.add(`${vertex}/${subtask}`);
    this.#slots = new Slots({
      graph,
      runId,
      deadLetter: settings.deadLetter,
      restore: options.restored?.metadata.states ?? null,
      pool,
      events: {
        acknowledge: (ack) => this.#coordinator.acknowledge(ack),
        decline: ({ checkpointId, error, committables }) =>
          this.#coordinator.decline(checkpointId, error, committables),
        ended: (vertex, subtask) => this.#ended(vertex, subtask),
        failed: (error, task) => this.#fail(error, task),
        status: (subtasks) => {
          board.slotStatus(subtasks);
          for (const [vertex, limitMs] of alignment.update(subtasks) ?? []) this.#slots.align(vertex, limitMs);
        },
        warn: hooks.warn,
        print: hooks.print,
        collect: hooks.collect,
      },
    });
    this.#coordinator = new CheckpointCoordinator({
      graph,
      settings,
      runId,
      firstId: options.firstCheckpointId,
      store,
      commits: this.#commits,
      auditor: new JobAuditor(graph, options.restored?.metadata.account ?? null, options.restored === null),
      assigner: this.#assigner,
      clock,
      board,
      warn: hooks.warn,
      trigger: (pending) => this.#slots.trigger(pending.id, pending.path, pending.kind.stop),
    });
  }

  /** Ids below it are used. */
  get nextCheckpointId(): number {
    return this.#coordinator.nextId;
  }

  /** Rejects with the first failure; everything is closed then. */
  async run(): Promise<AttemptOutcome> {
    const { restored, runId, force, board } = this.#options;
    try {
      await this.#commits.open(runId, restored?.metadata.sinks ?? null, force);
      await this.#options.accepted();
      const started = this.#slots.start();
      await Promise.race([started, this.#outcome.promise]);
      await this.#assigner.start(restored?.metadata.sources ?? null, this.#slots);
      this.#slots.begin();
      if (!this.#over.signal.aborted) board.enter('RUNNING');
      this.#begun.resolve();
      this.#assigner.discover(this.#slots, this.#over.signal);
      void this.#takeCheckpoints();
      return await this.#outcome.promise;
    } finally {
      this.#over.abort();
      const settled = this.#coordinator.abort();
      await this.#slots.cancel();
      await settled;
      await this.#assigner.close();
      await this.#commits.close();
    }
  }

  cancel(): void {
    this.#settle({ kind: 'cancelled' });
  }

  /** Takes a savepoint behind which the sources give nothing more, and ends; as soon as it has begun, if it has not yet. */
  async stop(): Promise<void> {
    await this.#begun.promise;
    this.#stopping = true;
    try {
      const savepoint = await this.#coordinator.take({ savepoint: true, stop: true, final: false });
      this.#settle({ kind: 'stopped', savepoint: savepoint! });
    } catch (error) {
      this.#fail(error as EngineError, null);
    }
  }

  async savepoint(): Promise<string> {
    return (await this.#coordinator.take({ savepoint: true, stop: false, final: false }))!;
  }

  async #takeCheckpoints(): Promise<void> {
    const { settings, clock } = this.#options;
    if (settings.checkpointIntervalMs <= 0) return;
    let next = clock.monotonic() + settings.checkpointIntervalMs;
    for (;;) {
      await clock.sleep(Math.max(0, next - clock.monotonic()), this.#over.signal);
      if (this.#over.signal.aborted || this.#stopping) return;
      next = Math.max(next + settings.checkpointIntervalMs, clock.monotonic());
      try {
        await this.#coordinator.take({ savepoint: false, stop: false, final: false });
      } catch (error) {
        this.#fail(error as EngineError, null);
        return;
      }
    }
  }

  #ended(vertex: number, subtask: number): void {
    this.#running.delete(`${vertex}/${subtask}`);
    if (this.#running.size === 0 && !this.#stopping) void this.#finish();
  }

  /** Every row is in: a last checkpoint makes all of it durable and visible. */
  async #finish(): Promise<void> {
    this.#stopping = true;
    try {
      await this.#coordinator.take({ savepoint: false, stop: true, final: true });
      this.#settle({ kind: 'finished' });
    } catch (error) {
      this.#fail(error as EngineError, null);
    }
  }

  #settle(outcome: AttemptOutcome): void {
    this.#over.abort();
    this.#outcome.resolve(outcome);
  }

  #fail(error: EngineError, task: string | null): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.failedTask = task;
    this.#options.board.failed(toErrorData(error), task);
    this.#outcome.reject(error);
  }
}
