/** `millrace audit report`: every tier against the one before, by the audit's own records. */
import { Command } from 'commander';
import { type AuditTier, topicMatcher } from '../audit/audit-tier.ts';
import { type Alert, type AlertRule, alertsOf, parseAlert } from '../audit/report/alert.ts';
import { appendResults } from '../audit/report/results-table.ts';
import { type AuditReport, reportTiers } from '../audit/report/tier-report.ts';
import { AuditMetrics } from '../server/audit-metrics.ts';
import { serveText } from '../server/text-server.ts';
import { reportText } from './audit-text.ts';
import { addTierOptions, chosenTiers, type TierOptions } from './audit-tiers.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { duration, pairsOption, time, wholeNumber } from './option-values.ts';
import { stopSignal } from './stop-signal.ts';
import { outputOption, writeJson } from './topology-options.ts';

export type ReportTiming = Readonly<{ grace: number; silentAfter: number; from?: number; to?: number }>;

type AuditReportOptions = TierOptions &
  ReportTiming &
  Readonly<{
    output: 'text' | 'json';
    alert: readonly AlertRule[];
    watch?: number;
    port?: number;
    iceberg: ReadonlyMap<string, string>;
    icebergTable: string;
  }>;

const standardDays = 1;

export function auditReportCommand(context: CommandContext): Command {
  const command = new Command('report').description(
    'Whether all that was produced has arrived at every tier, by bucket of ten minutes.',
  );
  return addTimingOptions(addTierOptions(command))
    .option('--from <time>', 'buckets from this time on: ISO 8601, or ms since 1970; a day ago if not set', time)
    .option('--to <time>', 'buckets before this time', time)
    .addOption(outputOption())
    .option(
      '--alert <rule>',
      "what may not be: 'completeness < 0.9999', 'unclosed > 30m', 'latency-p99 > 5m'; repeated",
      alert,
      [],
    )
    .option('--watch <duration>', 'again and again, so far apart, until stopped', duration(1))
    .option(
      '--port <n>',
      'with --watch: metrics for Prometheus at http://127.0.0.1:<n>/metrics',
      wholeNumber(0, 65_535),
    )
    .addOption(
      pairsOption('--iceberg <name=value>', 'options of an Iceberg catalog to which results are appended; repeated'),
    )
    .option('--iceberg-table <name>', 'with --iceberg: the table, made where there is none', 'lake.audit.results')
    .addHelpText('after', examples)
    .action(async (file: string | undefined, options: AuditReportOptions) =>
      context.exit(await report(file, options, context)),
    );
}

const examples = `
Ends with 0 when everything that is closed has arrived, and with 8 when something is missing, extra, changed or out of order, or when an
auditor is silent. With --alert only what the rules say ends with 8. Buckets that are still open are no fault.

Examples:
  millrace audit report topology.yaml --output json
  millrace audit report --tiers dc1=dc1:9092 --tiers aggregate=agg:9092 --alert 'completeness < 0.9999'
  millrace audit report topology.yaml --iceberg uri=jdbc:sqlite:lake.db --iceberg warehouse=file:///lake \\
    --iceberg catalog-impl=org.apache.iceberg.jdbc.JdbcCatalog`;

/** How long is waited for records, and for auditors. */
export function addTimingOptions(command: Command): Command {
  return command
    .option(
      '--grace <duration>',
      'after the end of a bucket: how long records may be on their way',
      duration(0),
      60_000,
    )
    .option('--silent-after <duration>', 'an auditor that has said nothing for so long is silent', duration(0), 60_000);
}

function alert(text: string, before: readonly AlertRule[]): readonly AlertRule[] {
  return [...before, parseAlert(text)];
}

async function report(file: string | undefined, options: AuditReportOptions, context: CommandContext): Promise<number> {
  const tiers = await chosenTiers(file, options, context);
  if (options.watch === undefined) return once(tiers, options, context, () => {});
  return watch(tiers, options, options.watch, context);
}

async function once(
  tiers: readonly AuditTier[],
  options: AuditReportOptions,
  context: CommandContext,
  hear: (report: AuditReport, alerts: readonly Alert[]) => void,
): Promise<number> {
  const reported = await makeReport(tiers, options, context);
  const alerts = alertsOf(reported, options.alert);
  hear(reported, alerts);
  if (options.output === 'json') await writeJson({ ...reported, alerts }, context);
  else await context.stdout.write(context.redact(reportText(reported, alerts)));
  if (options.iceberg.size > 0) {
    const appended = await appendResults(reported, options.iceberg, options.icebergTable, {
      workingDirectory: context.workingDirectory,
      now: () => context.clock.now(),
      warn: (text) => context.say(`warning: ${text}`),
    });
    context.say(
      appended === 0
        ? 'These results are in the table already.'
        : `${appended} rows appended to ${options.icebergTable}.`,
    );
  }
  const well = options.alert.length > 0 ? alerts.length === 0 : reported.equal;
  return well ? exitCode.ok : exitCode.unhealthy;
}

/** Ends with what the last report ended with. */
async function watch(
  tiers: readonly AuditTier[],
  options: AuditReportOptions,
  everyMs: number,
  context: CommandContext,
): Promise<number> {
  const { signal, release } = stopSignal(context);
  const metrics = new AuditMetrics();
  const served = options.port === undefined ? null : await serveText(options.port, metrics);
  if (served !== null) context.say(`metrics: http://127.0.0.1:${served.port}/metrics`);
  let code: number = exitCode.ok;
  try {
    while (!signal.aborted) {
      code = await once(tiers, options, context, (reported, alerts) => metrics.set(reported, alerts));
      await context.clock.sleep(everyMs, signal);
    }
    return code;
  } finally {
    release();
    await served?.close();
  }
}

/** The report of what the options ask for. */
export function makeReport(
  tiers: readonly AuditTier[],
  options: TierOptions & ReportTiming,
  context: CommandContext,
): Promise<AuditReport> {
  const now = context.clock.now();
  const { grace, silentAfter, topics, from = now - standardDays * 86_400_000, to = Infinity } = options;
  const isWanted = topics === undefined ? () => true : topicMatcher([topics, `.*\\.${topics}`]);
  return reportTiers(tiers, { window: { from, to }, graceMs: grace, silentAfterMs: silentAfter, now, isWanted });
}
