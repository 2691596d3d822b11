/**
 * Flink by its SQL Gateway and the JobManager's REST. A job's id is ours: a submission that was not answered is looked for by it, and the
 * cluster refuses a second job of the same id, so that no time-out starts one twice.
 */
import type { JobTarget, RestoreFrom, StopOptions, Submission, TargetJob } from '../model/deployment.ts';
import { EngineError, isEngineError } from '../model/errors.ts';
import { FlinkCluster } from './flink-cluster.ts';
import { type ClusterAddress, type EngineLimits, tokenOf } from './flink-engine.ts';
import { FlinkHttp } from './flink-http.ts';
import { type FlinkScript, flinkScript, overrides } from './flink-script.ts';
import { redacted } from './job-secrets.ts';
import { refuseUnportable } from './portability.ts';
import { GatewaySession } from './sql-gateway.ts';
import type { TargetDependencies } from './target-dependencies.ts';

const arrivalPauseMs = 500;

export class GatewayTarget implements JobTarget {
  readonly engine = 'flink';
  readonly #cluster: FlinkCluster;
  readonly #gateway: FlinkHttp;
  readonly #rest: FlinkHttp;
  readonly #limits: EngineLimits;
  readonly #deps: TargetDependencies;

  constructor(engine: EngineLimits & ClusterAddress, deps: TargetDependencies) {
    const token = tokenOf(engine, deps.env);
    const { requestTimeoutMs: timeoutMs, operationTimeoutMs, savepointDirectory, view } = engine;
    this.#gateway = new FlinkHttp({ base: engine.gateway, timeoutMs, token });
    this.#rest = new FlinkHttp({ base: engine.rest, timeoutMs, token });
    this.#limits = engine;
    this.#deps = deps;
    const { clock } = deps;
    this.#cluster = new FlinkCluster({ rest: this.#rest, view, savepointDirectory, operationTimeoutMs, clock });
  }

  async start({ jobId, release, restore }: Submission): Promise<void> {
    if (await this.#cluster.has(jobId)) return;
    const script = flinkScript(release, this.#deps.env);
    refuseUnportable([...script.statements, script.job], release.job, this.#deps.connectors);
    const config = overrides(script, jobId, await this.#restorePath(restore, script.name), release.parallelism);
    let isSent = false;
    try {
      await this.#submit(script, jobId, config, () => {
        isSent = true;
      });
    } catch (error) {
      if (isSent && isUnanswered(error) && (await this.#arrived(jobId))) return;
      throw redacted(error, script.secrets);
    }
  }

  async observe(jobId: string): Promise<TargetJob> {
    return this.#cluster.observe(jobId);
  }

  async list(): Promise<readonly TargetJob[]> {
    return this.#cluster.list();
  }

  async stop(jobId: string, options: StopOptions): Promise<string | null> {
    return this.#cluster.stop(jobId, options);
  }

  async savepoint(jobId: string, triggerId: string): Promise<string> {
    return this.#cluster.savepoint(jobId, triggerId);
  }

  async logs(jobId: string, lines: number): Promise<readonly string[]> {
    return this.#cluster.logs(jobId, lines);
  }

  async close(): Promise<void> {} // sessions are closed with each start

  async #restorePath(restore: RestoreFrom, name: string): Promise<string | null> {
    if (restore.kind === 'savepoint') return restore.path;
    return restore.kind === 'none' ? null : this.#cluster.newestCheckpointOf(name);
  }

  /** `onSend`: from then on there may be a job. */
  async #submit(
    script: FlinkScript,
    jobId: string,
    config: Readonly<Record<string, string>>,
    onSend: () => void,
  ): Promise<void> {
    const { operationTimeoutMs } = this.#limits;
    const session = await GatewaySession.open(
      { gateway: this.#gateway, operationTimeoutMs, clock: this.#deps.clock },
      script.name,
      Object.fromEntries(script.settings),
    );
    try {
      for (const { text, position } of script.statements) await session.run(text, `line ${position.line}`);
      onSend();
      const result = await session.run(script.job.text, `line ${script.job.position.line}`, config);
      if (result.kind === 'duplicate') await this.#confirm(jobId);
      else if (result.jobId !== jobId) await this.#undo(result.jobId, jobId);
    } finally {
      await session.close();
    }
  }

  /** The cluster says that it has had this id. */
  async #confirm(jobId: string): Promise<void> {
    if (await this.#arrived(jobId)) return;
    throw new EngineError('CONFLICT', `job ${jobId}: Flink had a job of this id and has forgotten what became of it`, {
      hint: 'Start it anew: that is another submission, with an id of its own.',
    });
  }

  /** A Flink that gives ids of its own could start a job twice: what it has started is taken back. */
  async #undo(started: string | null, jobId: string): Promise<never> {
    if (started !== null) await this.#cluster.stop(started, { savepoint: false, drain: false, triggerId: jobId });
    throw new EngineError('UNSUPPORTED', `job ${jobId}: expected Flink to take our job id, got ${started ?? 'none'}`, {
      hint: 'This version of Flink, or what stands before it, does not pass the id on. Flink 1.20 and 2.x do.',
    });
  }

  /** Whether the job is there after all. Asked for as long as a request may take: a submission that was slow is done by then, or is lost. */
  async #arrived(jobId: string): Promise<boolean> {
    const end = this.#deps.clock.monotonic() + this.#limits.requestTimeoutMs;
    for (;;) {
      const found = await this.#cluster.has(jobId).catch(() => false);
      if (found || this.#deps.clock.monotonic() + arrivalPauseMs > end) return found;
      await this.#deps.clock.sleep(arrivalPauseMs);
    }
  }
}

/** Neither says whether it was done. */
function isUnanswered(error: unknown): boolean {
  return isEngineError(error) && (error.code === 'TIMEOUT' || error.code === 'CONNECTION');
}
