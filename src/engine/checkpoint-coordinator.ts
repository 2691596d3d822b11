/**
 * Takes the checkpoints of one attempt, one at a time: trigger → every subtask's part → prepare the sinks → durable → commit the sinks.
 * Failing to *take* one is tolerated as often as the settings say; failing to *commit* one is the job's failure.
 */
import type { EpochAudit } from '../model/account.ts';
import { EngineError, type ErrorData, fromErrorData, toErrorData } from '../model/errors.ts';
import type { ExecutionSettings, JobGraph } from '../model/job-graph.ts';
import type { Committable } from '../model/sink.ts';
import { imbalanceText } from './balance.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import type { Clock } from './clock.ts';
import type { JobAuditor } from './job-auditor.ts';
import { type CheckpointKind, PendingCheckpoint } from './pending-checkpoint.ts';
import type { CheckpointAck } from './protocol.ts';
import { recordedNodes } from './recorded-nodes.ts';
import type { SinkCommits } from './sink-commits.ts';
import type { SplitAssigner } from './split-assigner.ts';
import type { StatusBoard } from './status-board.ts';

export type CoordinatorOptions = Readonly<{
  graph: JobGraph;
  settings: ExecutionSettings;
  runId: string;
  firstId: number;
  store: CheckpointStore;
  commits: SinkCommits;
  auditor: JobAuditor;
  assigner: SplitAssigner;
  clock: Clock;
  board: StatusBoard;
  warn: (message: string) => void;
  /** Asks the slots' sources for barriers. */
  trigger: (pending: PendingCheckpoint) => void;
}>;

type Waiter = Readonly<{ resolve: (path: string) => void; reject: (error: unknown) => void }>;

export class CheckpointCoordinator {
  readonly #options: CoordinatorOptions;
  readonly #subtasks: number;
  #nextId: number;
  #pending: PendingCheckpoint | null = null;
  #waiter: Waiter | null = null;
  /** Of checkpoints that failed: their rows are written and belong to the next one. */
  #carried: Record<string, readonly Committable[]>[] = [];
  #failuresInRow = 0;
  #completing: Promise<void> = Promise.resolve();
  #over = false;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#nextId = options.firstId;
    this.#subtasks = options.graph.vertices.reduce((sum, vertex) => sum + vertex.parallelism, 0);
  }

  get nextId(): number {
    return this.#nextId;
  }

  /**
   * Takes one; waits for one that is under way. Resolves with its path when it is durable *and* committed. A failure that is tolerated resolves
   * with null, but for a savepoint or a final one.
   */
  async take(kind: CheckpointKind): Promise<string | null> {
    const before = this.#completing;
    const taken = before.then(() => this.#take(kind));
    this.#completing = taken.then(
      () => {},
      () => {},
    );
    try {
      const path = await taken;
      this.#failuresInRow = 0;
      return path;
    } catch (error) {
      if (error instanceof TakeFailure && this.#tolerates(kind)) {
        this.#options.warn(`checkpoint ${error.id} failed: ${error.message}`);
        return null;
      }
      throw error instanceof TakeFailure ? error.reason : error;
    }
  }

  #tolerates(kind: CheckpointKind): boolean {
    this.#failuresInRow++;
    return !kind.stop && !kind.final && this.#failuresInRow <= this.#options.settings.tolerableFailedCheckpoints;
  }

  async #take(kind: CheckpointKind): Promise<string> {
    const { store, clock, board, settings, trigger } = this.#options;
    const id = this.#nextId++;
    const triggerTime = clock.now();
    let pending: PendingCheckpoint | null = null;
    const deadline = new AbortController();
    try {
      const path = await store.create(id, kind.savepoint);
      if (this.#over) throw ended();
      const taken = new PendingCheckpoint({ id, kind, path, triggerTime, subtasks: this.#subtasks });
      pending = taken;
      board.checkpointStarted(pending);
      const whole = new Promise<string>((resolve, reject) => {
        this.#waiter = { resolve, reject };
      });
      this.#pending = pending;
      void clock.sleep(settings.checkpointTimeoutMs, deadline.signal).then(() => {
        if (!deadline.signal.aborted) this.#waiter?.reject(this.#timeout(taken));
      });
      trigger(pending);
      await whole;
      await this.#complete(pending);
      return path;
    } catch (error) {
      board.checkpointFailed(id, kind, triggerTime, toErrorData(error));
      if (pending === null || error instanceof CommitFailure)
        throw error instanceof CommitFailure ? error.reason : new TakeFailure(id, ioError(error));
      this.#pending = null; // from here on late answers go straight to what is carried
      this.#carried.push(Object.fromEntries(pending.committables));
      await store.discard(pending.path).catch(() => {});
      throw new TakeFailure(id, error);
    } finally {
      deadline.abort();
      this.#pending = null;
      this.#waiter = null;
    }
  }

  acknowledge(ack: CheckpointAck): void {
    if (this.#pending?.id !== ack.checkpointId) {
      this.#carried.push(ack.committables);
      return;
    }
    this.#pending.acknowledge(ack);
    this.#options.board.checkpointAcknowledged(this.#pending);
    if (this.#pending.isWhole) this.#waiter?.resolve(this.#pending.path);
  }

  decline(checkpointId: number, error: ErrorData, committables: CheckpointAck['committables']): void {
    if (this.#pending?.id === checkpointId) {
      this.#pending.addCommittables(committables);
      this.#waiter?.reject(fromErrorData(error));
    } else this.#carried.push(committables);
  }

  /**
   * The attempt is over: what is not whole yet never will be. Resolves when nothing is under way any more: a checkpoint that was whole may
   * still become durable and land, and only then is it known where to go on from.
   */
  async abort(): Promise<void> {
    this.#over = true;
    this.#waiter?.reject(ended());
    await this.#completing;
  }

  async #complete(pending: PendingCheckpoint): Promise<void> {
    const { store, commits, auditor, assigner, clock, board, graph, runId } = this.#options;
    const carried = this.#carried;
    this.#carried = [];
    for (const committables of carried) pending.addCommittables(committables);
    const epoch = { runId, checkpointId: pending.id };
    const { watermark, offsets, kind } = pending;
    const info = { jobName: graph.name, watermark, offsets, final: kind.final };
    const rows = commits.rowsIn(pending.committables);
    const audited = auditor.audit(epoch, clock.now(), pending.account, rows);
    const sinks = await commits.prepare(epoch, pending.committables, info);
    await store.complete(pending.path, {
      version: 1,
      jobName: graph.name,
      checkpointId: pending.id,
      runId,
      savepoint: pending.kind.savepoint,
      final: pending.kind.final,
      time: clock.now(),
      watermark: pending.watermark,
      ...recordedNodes(graph, pending.stateTables),
      sources: pending.splits,
      states: pending.stateFiles,
      sinks,
      account: audited.record,
    });
    auditor.advance(audited);
    board.audited(audited.audit, audited.record);
    this.#warnOf(audited.audit);
    try {
      await commits.commit(sinks);
    } catch (error) {
      throw new CommitFailure(error);
    }
    board.checkpointCompleted(pending, clock.now());
    await assigner.checkpointComplete(pending.splits);
    await store.expire(pending.id).catch((error: Error) => {
      this.#options.warn(`old checkpoints could not be deleted: ${error.message}`);
    });
  }

  /** Rows that are not where they have to be are lost, or twice there: nobody else will say so. */
  #warnOf({ checkpointId, imbalances }: EpochAudit): void {
    for (const imbalance of imbalances)
      this.#options.warn(`checkpoint ${checkpointId}: rows do not balance: ${imbalanceText(imbalance)}`);
  }

  #timeout({ id, acknowledged, subtasks }: PendingCheckpoint): EngineError {
    const ms = this.#options.settings.checkpointTimeoutMs;
    return new EngineError(
      'TIMEOUT',
      `checkpoint ${id}: expected ${subtasks} subtasks within ${ms} ms, ${acknowledged} answered`,
      { hint: "Look for back-pressure, or raise 'execution.checkpointing.timeout'." },
    );
  }
}

/** It could not be taken: nothing was lost, the next one may work. */
class TakeFailure extends Error {
  readonly id: number;
  readonly reason: unknown;

  constructor(id: number, reason: unknown) {
    super(reason instanceof Error ? reason.message : String(reason));
    this.id = id;
    this.reason = reason;
  }
}

/** It is durable but not visible: only a restart, which looks what has landed, can go on. */
class CommitFailure extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super(reason instanceof Error ? reason.message : String(reason));
    this.reason = reason;
  }
}

function ended(): EngineError {
  return new EngineError('INTERRUPTED', 'the job ended before the checkpoint was whole');
}

function ioError(cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  const message = `a checkpoint's directory cannot be made: ${(cause as Error).message}`;
  return new EngineError('CHECKPOINT', message, { cause, retryable: true });
}
