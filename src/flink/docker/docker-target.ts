/**
 * Flink in containers of its own, a small cluster a job, over Docker's socket. The cluster is made before the job and spoken to by its SQL
 * Gateway and REST, which are published on loopback. Not proven against a real engine: tested against its documented API.
 */
import type { JobTarget, RestoreFrom, StopOptions, Submission, TargetJob } from '../../model/deployment.ts';
import { EngineError, isEngineError } from '../../model/errors.ts';
import { plainText } from '../../model/plain-text.ts';
import type { FlinkEngine } from '../flink-engine.ts';
import { FlinkHttp } from '../flink-http.ts';
import { flinkScript } from '../flink-script.ts';
import { GatewayTarget } from '../gateway-target.ts';
import { absentJob, isEnded } from '../observed-job.ts';
import { poll } from '../poll.ts';
import type { TargetDependencies } from '../target-dependencies.ts';
import { gatewayPort, jobContainers, restPort } from './container-spec.ts';
import { type Container, DockerClient } from './docker-client.ts';

type DockerEngine = Extract<FlinkEngine, { via: 'docker' }>;

const maxLineLength = 2_000;

export class DockerTarget implements JobTarget {
  readonly engine = 'flink';
  readonly #engine: DockerEngine;
  readonly #docker: DockerClient;
  readonly #deps: TargetDependencies;

  constructor(engine: DockerEngine, deps: TargetDependencies) {
    this.#engine = engine;
    this.#deps = deps;
    this.#docker = new DockerClient({ socket: engine.socket, timeoutMs: engine.requestTimeoutMs });
  }

  /** What is there of it already is kept. Clusters of the deployment's jobs that have ended go once the new job is taken. */
  async start(submission: Submission): Promise<void> {
    const { release, jobId } = submission;
    const { settings } = flinkScript(release, this.#deps.env); // what can be refused is refused before anything is made
    const slots = release.parallelism ?? Number(settings.get('parallelism.default') ?? 1);
    const { network, labels, containers } = jobContainers(submission, this.#engine, slots);
    await this.#docker.ensureNetwork(network, labels);
    for (const { name, spec } of containers) await this.#docker.ensureContainer(name, spec);
    const cluster = await this.#ready(jobId, slots);
    await cluster.start({ ...submission, restore: await this.#restore(submission) });
    await this.#sweep(submission);
  }

  async observe(jobId: string): Promise<TargetJob> {
    const manager = await this.#manager(jobId);
    if (manager === null) return absentJob(jobId);
    return manager.State.Running ? this.#clusterOf(manager, null).observe(jobId) : lostJob(jobId, manager);
  }

  async list(): Promise<readonly TargetJob[]> {
    const managers = await this.#docker.list({ app: 'millrace', role: 'jobmanager' });
    return Promise.all(managers.map((manager) => this.observe(manager.Config.Labels.jobId ?? '')));
  }

  /** Of the ended job's cluster the JobManager stays until the next start: it knows the savepoint when it is asked again. */
  async stop(jobId: string, options: StopOptions): Promise<string | null> {
    const path = await (await this.#clusterNow(jobId)).stop(jobId, options);
    const rest = await this.#docker.list({ app: 'millrace', jobId });
    const idle = rest.filter((container) => container.Config.Labels.role !== 'jobmanager');
    for (const container of idle) await this.#docker.remove(container.Id);
    return path;
  }

  async savepoint(jobId: string, triggerId: string): Promise<string> {
    return (await this.#clusterNow(jobId)).savepoint(jobId, triggerId);
  }

  /** Flink's images log to the console. */
  async logs(jobId: string, lines: number): Promise<readonly string[]> {
    const containers = await this.#docker.list({ app: 'millrace', jobId });
    if (containers.length === 0) throw unknownJob(jobId);
    const texts = await Promise.all(containers.map(({ Id }) => this.#docker.logs(Id, lines)));
    const ordered = texts.flat().sort(); // each begins with its time in UTC
    return ordered.slice(-lines).map((line) => plainText(line, maxLineLength));
  }

  async close(): Promise<void> {} // jobs go on

  /** Waits until the cluster has the slots and its gateway answers. */
  async #ready(jobId: string, slots: number): Promise<GatewayTarget> {
    const { requestTimeoutMs: timeoutMs, operationTimeoutMs } = this.#engine;
    return await poll(this.#deps.clock, operationTimeoutMs, `Flink cluster of job ${jobId}`, async () => {
      const [manager, gateway] = await Promise.all([this.#manager(jobId), this.#container(jobId, 'gateway')]);
      const died = [manager, gateway].find((container) => container !== null && !container.State.Running);
      if (died != null) throw new EngineError('CONNECTION', `job ${jobId}: ${deathText(died)}`);
      const [rest, sql] = [addressOf(manager, restPort), addressOf(gateway, gatewayPort)];
      if (manager === null || rest === null || sql === null) return null;
      const seen = (await answerOf(rest, '/overview', timeoutMs)) as { 'slots-total'?: number } | null;
      const isReady = (seen?.['slots-total'] ?? 0) >= slots && (await answerOf(sql, '/info', timeoutMs)) !== null;
      return isReady ? this.#clusterOf(manager, sql) : null;
    });
  }

  /** `latest` is what the deployment's earlier cluster remembers: the new one has no past. */
  async #restore({ release, jobId, restore }: Submission): Promise<RestoreFrom> {
    if (restore.kind !== 'latest') return restore;
    const earlier = await this.#earlier(release, jobId);
    const seen = await Promise.all(earlier.map((manager) => this.observe(manager.Config.Labels.jobId ?? '')));
    const newest = seen.toSorted((a, b) => (b.checkpoints.latestTime ?? 0) - (a.checkpoints.latestTime ?? 0))[0];
    const path = newest?.checkpoints.latestPath ?? null;
    return path === null ? { kind: 'none' } : { kind: 'savepoint', path };
  }

  async #sweep({ release, jobId }: Submission): Promise<void> {
    for (const manager of await this.#earlier(release, jobId)) {
      const old = manager.Config.Labels.jobId ?? '';
      if (!isEnded((await this.observe(old)).state)) continue;
      for (const container of await this.#docker.list({ app: 'millrace', jobId: old }))
        await this.#docker.remove(container.Id);
      await this.#docker.removeNetwork(manager.Name.replace(/^\//, '').replace(/-jobmanager$/, ''));
    }
  }

  async #earlier(release: Submission['release'], jobId: string): Promise<readonly Container[]> {
    const labels = { app: 'millrace', role: 'jobmanager', env: release.environment, job: release.job };
    return (await this.#docker.list(labels)).filter((manager) => manager.Config.Labels.jobId !== jobId);
  }

  async #clusterNow(jobId: string): Promise<GatewayTarget> {
    const manager = await this.#manager(jobId);
    if (manager === null) throw unknownJob(jobId);
    if (manager.State.Running) return this.#clusterOf(manager, null);
    throw new EngineError('CONNECTION', `job ${jobId}: ${deathText(manager)}`, { retryable: false });
  }

  /** `gateway` null: for what goes by REST alone. */
  #clusterOf(manager: Container, gateway: string | null): GatewayTarget {
    const rest = addressOf(manager, restPort);
    if (rest === null)
      throw new EngineError('CONNECTION', `container ${manager.Name}: its port ${restPort} is not published`);
    return new GatewayTarget({ ...this.#engine, rest, view: rest, gateway: gateway ?? rest }, this.#deps);
  }

  async #manager(jobId: string): Promise<Container | null> {
    return this.#container(jobId, 'jobmanager');
  }

  async #container(jobId: string, role: 'jobmanager' | 'gateway'): Promise<Container | null> {
    return (await this.#docker.list({ app: 'millrace', jobId, role }))[0] ?? null;
  }
}

function addressOf(container: Container | null, port: string): string | null {
  const published = container?.NetworkSettings.Ports[port]?.[0];
  return published === undefined ? null : `http://${published.HostIp}:${published.HostPort}`;
}

/** null while nobody answers: a process in a container takes its time. */
async function answerOf(base: string, path: string, timeoutMs: number): Promise<unknown> {
  try {
    return await new FlinkHttp({ base, timeoutMs, token: null }).call('GET', path);
  } catch (error) {
    if (isEngineError(error)) return null;
    throw error;
  }
}

function unknownJob(jobId: string): EngineError {
  return new EngineError('NOT_FOUND', `job ${jobId}: expected its containers, found none`);
}

function deathText({ Name, State }: Container): string {
  return `container ${Name.replace(/^\//, '')} has ended with ${State.ExitCode}${State.OOMKilled ? ', out of memory' : ''}`;
}

/** A cluster without its JobManager runs nothing. */
function lostJob(jobId: string, manager: Container): TargetJob {
  const endTime = Date.parse(manager.State.FinishedAt);
  return {
    ...absentJob(jobId),
    state: 'FAILED',
    startTime: Date.parse(manager.State.StartedAt),
    endTime,
    exceptions: [{ time: endTime, task: null, text: deathText(manager) }],
  };
}
