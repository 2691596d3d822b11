/** The metrics for Prometheus, made at each scrape from the jobs' status. Labels: job, operator, topic, partition, and closed lists. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { NodeAudit } from '../model/account.ts';
import { type JobStatus, jobStates, type SubtaskStatus, type VertexStatus } from '../model/job-status.ts';
import { CounterLedger } from './counter-ledger.ts';
import { counterSpecs, gaugeSpecs, type MetricSpec, prefix } from './metric-specs.ts';

type Labels = Readonly<Record<string, string>>;

export class JobMetrics {
  readonly #registry = new Registry();
  readonly #ledger = new CounterLedger();
  readonly #counters: ReadonlyMap<string, Counter>;
  readonly #gauges: ReadonlyMap<string, Gauge>;
  readonly #version: string;

  constructor(version: string) {
    this.#version = version;
    const named = <M>(specs: readonly MetricSpec[], make: (spec: MetricSpec) => M): ReadonlyMap<string, M> =>
      new Map(specs.map((spec) => [spec.name, make({ ...spec, name: prefix + spec.name })]));
    const registers = [this.#registry];
    this.#counters = named(
      counterSpecs,
      ({ name, help, labels }) => new Counter({ name, help, labelNames: [...labels], registers }),
    );
    this.#gauges = named(
      gaugeSpecs,
      ({ name, help, labels }) => new Gauge({ name, help, labelNames: [...labels], registers }),
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text of one scrape. */
  async render(jobs: readonly JobStatus[]): Promise<string> {
    for (const gauge of this.#gauges.values()) gauge.reset();
    this.#gauge('build_info', { version: this.#version }, 1);
    this.#process();
    for (const job of jobs) this.#job(job);
    this.#ledger.endRound();
    return await this.#registry.metrics();
  }

  #process(): void {
    const { user, system } = process.cpuUsage();
    this.#count('process_cpu_seconds_total', {}, '', 0, (user + system) / 1_000_000);
    this.#gauge('process_resident_memory_bytes', {}, process.memoryUsage.rss());
  }

  #gauge(name: string, labels: Labels, value: number): void {
    this.#gauges.get(name)!.set(labels, value);
  }

  #count(name: string, labels: Labels, instance: string, start: number, value: number): void {
    const key = `${name} ${JSON.stringify(labels)} ${instance}`;
    this.#counters.get(name)!.inc(labels, this.#ledger.advance(key, start, value));
  }

  #job(status: JobStatus): void {
    const job = status.name;
    const { counts, history } = status.checkpoints;
    const ofJob = (name: string, labels: Labels, value: number): void =>
      this.#count(name, { job, ...labels }, status.id, status.startTime, value);
    for (const state of jobStates) this.#gauge('job_state', { job, state }, state === status.state ? 1 : 0);
    ofJob('restarts_total', {}, status.restarts);
    ofJob('checkpoints_total', { result: 'completed' }, counts.completed);
    ofJob('checkpoints_total', { result: 'failed' }, counts.failed);
    const last = history.find((checkpoint) => checkpoint.status === 'COMPLETED');
    if (last !== undefined) {
      this.#gauge('checkpoint_duration_seconds', { job }, last.durationMs / 1_000);
      this.#gauge('checkpoint_size_bytes', { job }, last.sizeBytes);
      this.#gauge('last_checkpoint_timestamp_seconds', { job }, (last.triggerTime + last.durationMs) / 1_000);
    }
    this.#gauge('event_loop_lag_seconds', { job }, status.eventLoopLagMs / 1_000);
    for (const vertex of status.vertices) this.#vertex(status, vertex);
    const { epochs, unbalanced, latest, totals } = status.audit;
    ofJob('job_audit_epochs_total', { result: 'balanced' }, epochs - unbalanced);
    ofJob('job_audit_epochs_total', { result: 'unbalanced' }, unbalanced);
    if (latest !== null) this.#gauge('job_audit_balanced', { job }, latest.balanced ? 1 : 0);
    for (const node of totals) this.#account(status, node);
  }

  #account({ id, name: job, startTime }: JobStatus, { name: operator, in: inputs, out, figures }: NodeAudit): void {
    const { waiting, ...kinds } = figures;
    const taken = inputs.reduce((sum, rows) => sum + rows, 0);
    for (const [kind, rows] of Object.entries({ in: taken, out, ...kinds }))
      if (rows !== 0) this.#count('job_audit_rows_total', { job, operator, kind }, id, startTime, rows);
    if (waiting !== undefined) this.#gauge('job_audit_waiting_rows', { job, operator }, waiting);
  }

  #vertex(status: JobStatus, vertex: VertexStatus): void {
    const labels = { job: status.name, operator: vertex.name };
    for (const subtask of vertex.subtasks) this.#subtask(labels, subtask);
    this.#gauge(
      'state_bytes',
      labels,
      sumOf(vertex.subtasks, (subtask) => subtask.stateBytes),
    );
    this.#gauge('subtasks', labels, vertex.parallelism);
    const watermark = leastWatermark(vertex.subtasks);
    if (watermark !== null) this.#gauge('watermark_lag_seconds', labels, (status.now - watermark) / 1_000);
  }

  #subtask(labels: Labels, subtask: SubtaskStatus): void {
    const count = (name: string, value: number, more: Labels = {}): void =>
      this.#count(name, { ...labels, ...more }, String(subtask.index), subtask.startTime, value);
    count('records_in_total', subtask.recordsIn);
    count('records_out_total', subtask.recordsOut);
    count('bytes_in_total', subtask.bytesIn);
    count('bytes_out_total', subtask.bytesOut);
    count('operator_busy_seconds_total', subtask.busyMs / 1_000);
    count('operator_idle_seconds_total', subtask.idleMs / 1_000);
    count('operator_backpressured_seconds_total', subtask.backPressuredMs / 1_000);
    count('late_records_total', subtask.counters.lateRecords ?? 0);
    count('null_rowtimes_total', subtask.counters.nullRowtimes ?? 0);
    count('skipped_records_total', subtask.counters.skippedRecords ?? 0);
    count('dlq_records_total', subtask.counters.deadLetters ?? 0, { reason: 'unreadable' });
    for (const split of subtask.splits) {
      const { topic = '', partition = split.splitId } = split.labels;
      if (Number.isFinite(split.records))
        this.#gauge('consumer_lag_records', { ...labels, topic, partition }, split.records);
      if (Number.isFinite(split.seconds))
        this.#gauge('consumer_lag_seconds', { ...labels, topic, partition }, split.seconds);
    }
  }
}

function sumOf(subtasks: readonly SubtaskStatus[], figure: (subtask: SubtaskStatus) => number): number {
  return subtasks.reduce((total, subtask) => total + figure(subtask), 0);
}

/** That of the subtask furthest behind; null where one has none yet, or all are at the end of time. */
function leastWatermark(subtasks: readonly SubtaskStatus[]): number | null {
  const least = subtasks.reduce((low, { watermark }) => Math.min(low, watermark ?? -Infinity), Infinity);
  return Number.isFinite(least) ? least : null;
}
