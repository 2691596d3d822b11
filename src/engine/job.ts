/** A job from start to end, over as many attempts as its restart strategy allows. */
import { randomBytes } from 'node:crypto';
import type { ConnectorContext, ConnectorRegistry } from '../model/connector.ts';
import { EngineError, isEngineError, toErrorData } from '../model/errors.ts';
import type { ExecutionSettings, JobGraph } from '../model/job-graph.ts';
import type { JobStatus } from '../model/job-status.ts';
import { Attempt, type AttemptOutcome, type JobHooks } from './attempt.ts';
import { type Checkpoint, CheckpointStore, type Run } from './checkpoint-store.ts';
import type { Clock } from './clock.ts';
import { RestartPolicy } from './restart-policy.ts';
import { fitToCheckpoint } from './restore-fit.ts';
import { StatusBoard } from './status-board.ts';
import { WorkerPool } from './worker-pool.ts';

/** How often the main thread looks how late its event loop is, ms. */
const lagProbeMs = 500;

export type JobRequest = Readonly<{
  /** 32 hex digits; absent: chosen at random. */
  jobId?: string | undefined;
  graph: JobGraph;
  settings: ExecutionSettings;
  /** `latest`: where the job of this name stopped; afresh where there is nothing or it had finished. `none`: afresh. Else a path. */
  restore: string;
  /** Lets an older checkpoint win over what a sink already shows, and leaves out state that the job has no place for. */
  force: boolean;
  connectors: ConnectorRegistry;
  connectorContext: ConnectorContext;
  /** The module of the workers. */
  workerUrl: URL;
  /** Threads of `workerUrl` that outlive the job, as many as it has slots at the least; absent: threads of its own. */
  pool?: WorkerPool | undefined;
  clock: Clock;
  hooks: JobHooks;
}>;

export type JobResult = AttemptOutcome;

export interface RunningJob {
  /** Rejects with the failure that the restart strategy gave up on. */
  readonly done: Promise<JobResult>;
  status(): JobStatus;
  cancel(): void;
  /** Resolves like `done`. */
  stopWithSavepoint(): Promise<JobResult>;
  savepoint(): Promise<string>;
}

/** Starts at once; failures come through `done`. The caller owns the data directory (directory-lock.ts). */
export function startJob(request: JobRequest): RunningJob {
  return new Job(request);
}

class Job implements RunningJob {
  readonly done: Promise<JobResult>;
  readonly #request: JobRequest;
  readonly #board: StatusBoard;
  readonly #store: CheckpointStore;
  /** As it runs: with the ids of the checkpoint that it went on from. */
  #graph: JobGraph;
  #attempt: Attempt | null = null;
  readonly #ending = new AbortController();
  #wish: 'stop' | 'cancel' | null = null;

  constructor(request: JobRequest) {
    this.#request = request;
    const { jobId: id = randomBytes(16).toString('hex'), graph, settings, clock } = request;
    this.#graph = graph;
    this.#board = new StatusBoard(id, graph, settings.checkpointIntervalMs, clock);
    this.#store = new CheckpointStore({
      checkpointDirectory: settings.checkpointDirectory,
      savepointDirectory: settings.savepointDirectory,
      jobName: graph.name,
      retained: settings.retainedCheckpoints,
    });
    this.done = this.#run();
    this.done.catch(() => {}); // the caller may look at it later
  }

  status(): JobStatus {
    return this.#board.status();
  }

  cancel(): void {
    if (this.#board.isOver) return;
    this.#board.enter('CANCELLING');
    this.#wish = 'cancel';
    this.#ending.abort();
    this.#attempt?.cancel();
  }

  async stopWithSavepoint(): Promise<JobResult> {
    this.#wish ??= 'stop';
    this.#ending.abort();
    // Between two attempts there is nothing to take a savepoint of: the newest checkpoint is where the job goes on.
    if (this.#board.state === 'RESTARTING') this.#attempt?.cancel();
    else void this.#attempt?.stop();
    return await this.done;
  }

  async savepoint(): Promise<string> {
    if (this.#attempt === null || this.#board.state !== 'RUNNING')
      throw new EngineError(
        'CONFLICT',
        `job ${this.#request.graph.name}: expected it to be RUNNING, it is ${this.#board.state}`,
      );
    return await this.#attempt.savepoint();
  }

  async #run(): Promise<JobResult> {
    const { workerUrl, graph, clock, pool: shared } = this.#request;
    const pool = shared ?? new WorkerPool(workerUrl, graph.parallelism, clock);
    const stopProbe = probeEventLoop(this.#board, clock);
    try {
      const outcome = await this.#attempts(pool);
      this.#board.enter(outcome.kind === 'cancelled' ? 'CANCELED' : 'FINISHED');
      return outcome;
    } catch (error) {
      this.#board.enter('FAILED');
      throw error;
    } finally {
      stopProbe();
      if (shared === undefined) await pool.close();
    }
  }

  async #attempts(pool: WorkerPool): Promise<JobResult> {
    const { settings, clock, hooks } = this.#request;
    await this.#store.open();
    const { run, checkpoint: found } = await this.#startingPoint();
    const checkpoint = found && (await this.#fit(found));
    let restored = checkpoint;
    let nextId = Math.max(await this.#store.nextId(), run.firstCheckpointId);
    const policy = new RestartPolicy(settings.restart, clock);
    for (let isFirst = true; ; isFirst = false) {
      if (this.#wish === 'cancel' || (this.#wish === 'stop' && !isFirst)) return this.#endBetweenAttempts(restored);
      if (restored !== null) this.#board.restoredFrom(restored);
      this.#board.enter('CREATED');
      this.#attempt = this.#newAttempt(pool, run, restored, nextId);
      if (this.#wish === 'stop') void this.#attempt.stop();
      try {
        const outcome = await this.#attempt.run();
        if (outcome.kind === 'finished') await this.#store.writeRun({ ...run, finished: true });
        return outcome;
      } catch (error) {
        const failure = asEngineError(error);
        this.#recordFailure(failure);
        const delay = this.#wish === null ? policy.delayAfter(failure.code, failure.retryable) : null;
        if (delay === null) throw failure;
        this.#board.enter('RESTARTING');
        hooks.warn(`the job failed (${failure.message}) and starts again in ${Math.round(delay)} ms`);
        await clock.sleep(delay, this.#ending.signal);
        nextId = this.#attempt.nextCheckpointId;
        const newest = await this.#store.newest(run.firstCheckpointId);
        restored = newest === null || newest.path === checkpoint?.path ? checkpoint : newest;
      }
    }
  }

  /** Nothing runs: the newest checkpoint holds all that there is, and is where the job goes on. */
  #endBetweenAttempts(newest: Checkpoint | null): JobResult {
    if (this.#wish === 'cancel' || newest === null) return { kind: 'cancelled' };
    return { kind: 'stopped', savepoint: newest.path };
  }

  /** An attempt reports what fails in its tasks; what fails around them is reported here. */
  #recordFailure(failure: EngineError): void {
    const known = this.#board.status().exceptions[0];
    if (known?.error.message !== failure.message) this.#board.failed(toErrorData(failure), null);
  }

  #newAttempt(pool: WorkerPool, run: Run, restored: Checkpoint | null, firstCheckpointId: number): Attempt {
    const { settings, force, connectors, connectorContext, clock, hooks } = this.#request;
    return new Attempt({
      graph: this.#graph,
      settings,
      runId: run.runId,
      restored,
      force,
      firstCheckpointId,
      connectors,
      connectorContext,
      store: this.#store,
      pool,
      board: this.#board,
      clock,
      hooks,
      accepted: () => this.#store.writeRun(run),
    });
  }

  /** The checkpoint as the job takes it. A changed job may have to be told apart from the one that wrote it. */
  async #fit(found: Checkpoint): Promise<Checkpoint> {
    const { graph, force, hooks } = this.#request;
    const fitted = await fitToCheckpoint(found, graph, force);
    if (fitted.notice !== null) hooks.warn(fitted.notice);
    this.#graph = fitted.graph;
    return fitted.checkpoint;
  }

  /** Which run this is, and the checkpoint it goes on from. A new run is written down once the sinks have taken it. */
  async #startingPoint(): Promise<{ run: Run; checkpoint: Checkpoint | null }> {
    const { restore } = this.#request;
    const last = await this.#store.readRun();
    if (restore === 'latest' && last !== null && !last.finished)
      return { run: last, checkpoint: await this.#store.latestOf(last) };
    const newest = last === null ? null : await this.#store.newest(last.firstCheckpointId);
    const checkpoint = restore === 'latest' || restore === 'none' ? null : await this.#store.load(restore);
    if (checkpoint !== null && last !== null && checkpoint.path === newest?.path) return { run: last, checkpoint };
    const run: Run = {
      runId: randomBytes(8).toString('hex'),
      firstCheckpointId: await this.#store.nextId(),
      restoredFrom: checkpoint?.path ?? null,
      finished: false,
    };
    return { run, checkpoint };
  }
}

function asEngineError(error: unknown): EngineError {
  if (isEngineError(error)) return error;
  return new EngineError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error });
}

function probeEventLoop(board: StatusBoard, clock: Clock): () => void {
  let expected = clock.monotonic() + lagProbeMs;
  const timer = setInterval(() => {
    board.eventLoopLag(Math.max(0, clock.monotonic() - expected));
    expected = clock.monotonic() + lagProbeMs;
  }, lagProbeMs);
  return () => clearInterval(timer);
}
