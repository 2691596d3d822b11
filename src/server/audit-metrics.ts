/** What the last report of the audit says, as metrics for Prometheus. */
import { Gauge, Registry } from 'prom-client';
import type { Alert } from '../audit/report/alert.ts';
import type { AuditReport, PairReport } from '../audit/report/tier-report.ts';
import { auditGaugeSpecs, prefix } from './metric-specs.ts';
import type { ServedText } from './text-server.ts';

export class AuditMetrics implements ServedText {
  readonly #registry = new Registry();
  readonly #gauges: ReadonlyMap<string, Gauge>;

  constructor() {
    const registers = [this.#registry];
    this.#gauges = new Map(
      auditGaugeSpecs.map(({ name, help, labels }) => [
        name,
        new Gauge({ name: prefix + name, help, labelNames: [...labels], registers }),
      ]),
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** From now on these are the metrics. */
  set(report: AuditReport, alerts: readonly Alert[]): void {
    for (const gauge of this.#gauges.values()) gauge.reset();
    this.#gauge('audit_report_timestamp_seconds').set(report.time / 1_000);
    this.#gauge('audit_alerts').set(alerts.length);
    for (const pair of report.tiers) this.#pair(pair, report.time);
  }

  #pair(pair: PairReport, now: number): void {
    const { sources, target, completeness, state, buckets } = pair;
    const source = sources.map(({ cluster }) => cluster).join('+');
    const labels = { source, cluster: target.cluster, topic: target.topic };
    if (completeness !== null) this.#gauge('audit_completeness_ratio').set(labels, completeness);
    this.#gauge('audit_incomplete').set(labels, state === 'incomplete' ? 1 : 0);
    for (const kind of ['missing', 'extra', 'changed', 'reordered'] as const) {
      const records = buckets.reduce((sum, bucket) => sum + bucket[kind].length, 0);
      this.#gauge('audit_records').set({ ...labels, finding: kind }, records);
    }
    const open = buckets.filter((bucket) => bucket.state !== 'closed').map(({ to }) => now - to);
    this.#gauge('audit_oldest_unclosed_seconds').set(labels, Math.max(0, ...open) / 1_000);
    const p99 = buckets.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs.p99])).at(-1);
    if (p99 !== undefined) this.#gauge('audit_latency_p99_seconds').set(labels, p99 / 1_000);
  }

  #gauge(name: string): Gauge {
    return this.#gauges.get(name)!;
  }
}
