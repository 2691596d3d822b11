/** `millrace audit run`: the auditors of a tier, until they are stopped. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Command } from 'commander';
import type { AuditTier } from '../audit/audit-tier.ts';
import { runAuditor } from '../audit/auditor/run-auditor.ts';
import type { AuditorTotals, TierAuditor } from '../audit/auditor/tier-auditor.ts';
import { EngineError } from '../model/errors.ts';
import { tiersOf } from '../topology/tiers.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { countedText, countText } from './human.ts';
import { duration, pairsOption, secretsAmong } from './option-values.ts';
import { stopSignal } from './stop-signal.ts';
import { loadTopology, secretsOf } from './topology-options.ts';

type AuditRunOptions = Readonly<{
  tier?: string;
  bootstrap?: string;
  cluster?: string;
  topics: string;
  property: ReadonlyMap<string, string>;
  interval: number;
  once?: boolean;
  quiet?: boolean;
}>;

const progressMs = 10_000;

export function auditRunCommand(context: CommandContext): Command {
  return new Command('run')
    .description(
      'Audits tiers: reads their topics and records what they hold, in the topic millrace-audit of each cluster.',
    )
    .argument('[topology]', 'a topology, .yaml; without one, --bootstrap and --cluster')
    .option('--tier <name>', 'this tier of the topology (local, aggregate) or this cluster; all if not set')
    .option('--bootstrap <brokers>', 'without a topology: brokers of the cluster, host:port')
    .option('--cluster <name>', 'without a topology: what the cluster is called')
    .option('--topics <regex>', 'without a topology: topics of these whole names', '.*')
    .addOption(pairsOption('--property <name=value>', 'without a topology: of the Kafka client; repeated'))
    .option('--interval <duration>', 'how often it says how far it is', duration(1), 5_000)
    .option('--once', 'up to the ends of now, then exit')
    .option('--quiet', 'no progress')
    .addHelpText('after', examples)
    .action(async (file: string | undefined, options: AuditRunOptions) =>
      context.exit(await run(file, options, context)),
    );
}

const examples = `
Runs until SIGINT or SIGTERM. It may be killed at any moment and run several times at once: what is recorded is a function of the logs.

Examples:
  millrace audit run topology.yaml --tier local
  millrace audit run --bootstrap dc1:9092 --cluster dc1 --topics 'tracking\\..*'`;

async function run(file: string | undefined, options: AuditRunOptions, context: CommandContext): Promise<number> {
  const tiers = await tiersToRun(file, options, context);
  const stopping = stopSignal(context);
  const over = new AbortController();
  const current = new Map<string, TierAuditor>();
  const progress = options.quiet ? Promise.resolve() : showProgress(current, over.signal, context);
  const id = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    const runs = tiers.map((tier) =>
      runAuditor(
        tier,
        { clock: context.clock, id, intervalMs: options.interval, warn: (text) => context.say(`warning: ${text}`) },
        stopping.signal,
        {
          once: options.once === true,
          current: (auditor) => void current.set(tier.cluster, auditor),
        },
      ).catch((error: unknown) => {
        stopping.stop(); // one that fails ends them all: whoever supervises the process sees it
        throw error;
      }),
    );
    const ended = await Promise.allSettled(runs);
    const failed = ended.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    ended.forEach((result, i) => {
      if (result.status === 'fulfilled') context.say(`${tiers[i]!.cluster}: ${totalsText(result.value)}`);
    });
    return exitCode.ok;
  } finally {
    over.abort();
    stopping.release();
    await progress;
  }
}

async function tiersToRun(
  file: string | undefined,
  { tier: name, bootstrap, cluster, topics, property }: AuditRunOptions,
  context: CommandContext,
): Promise<readonly AuditTier[]> {
  if (file !== undefined && bootstrap === undefined) {
    const all = tiersOf(await loadTopology(file, context), secretsOf(file, context));
    const chosen = all.filter((each) => name === undefined || each.tier === name || each.cluster === name);
    if (chosen.length > 0) return chosen;
    const known = [...new Set(all.flatMap((each) => [each.tier, each.cluster]))].join(', ');
    throw new EngineError(
      'NOT_FOUND',
      `audit run: expected a tier or cluster of the topology (${known}), got '${name}'`,
    );
  }
  if (file !== undefined || bootstrap === undefined || cluster === undefined) {
    throw new EngineError('INVALID_OPTION', 'audit run: expected either a topology or --bootstrap and --cluster');
  }
  context.hide(secretsAmong(property));
  const client = new Map([['bootstrap.servers', bootstrap], ...property]);
  return [{ cluster, tier: name ?? cluster, client, topics: [topics], produced: true, sources: [] }];
}

async function showProgress(
  auditors: ReadonlyMap<string, TierAuditor>,
  signal: AbortSignal,
  { clock, say }: CommandContext,
): Promise<void> {
  const before = new Map<string, number>();
  for (;;) {
    const began = clock.monotonic();
    await clock.sleep(progressMs, signal);
    if (signal.aborted) return;
    for (const [cluster, auditor] of auditors) {
      const totals = auditor.totals();
      const rate = (totals.records - (before.get(cluster) ?? 0)) / ((clock.monotonic() - began) / 1_000);
      before.set(cluster, totals.records);
      say(`${cluster}: ${totalsText(totals)}, ${countText(rate)} rec/s`);
    }
  }
}

function totalsText({ topics, partitions, records, segments }: AuditorTotals): string {
  const places = `${countedText(topics, 'topic')} (${countedText(partitions, 'partition')})`;
  return `${countedText(records, 'record')} of ${places} audited, ${countedText(segments, 'segment')} ended`;
}
