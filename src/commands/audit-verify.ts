/** `millrace audit verify`: whether the audit's own word can be relied on. */
import { Command } from 'commander';
import { topicMatcher } from '../audit/audit-tier.ts';
import { verifyTiers } from '../audit/report/verify.ts';
import { addTimingOptions, type ReportTiming } from './audit-report.ts';
import { verificationText } from './audit-text.ts';
import { addTierOptions, chosenTiers, type TierOptions } from './audit-tiers.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { wholeNumber } from './option-values.ts';
import { outputOption, writeJson } from './topology-options.ts';

type AuditVerifyOptions = TierOptions & ReportTiming & Readonly<{ segments: number; output: 'text' | 'json' }>;

const mostSegments = 1_000_000;

export function auditVerifyCommand(context: CommandContext): Command {
  const command = new Command('verify').description(
    'The audit audits itself: gaps in what was audited, silent auditors, producers that do not count, segments made again.',
  );
  return addTimingOptions(addTierOptions(command))
    .option(
      '--segments <n>',
      'segments a partition that are made again from the log, the newest first',
      wholeNumber(0, mostSegments),
      2,
    )
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (file: string | undefined, options: AuditVerifyOptions) =>
      context.exit(await verify(file, options, context)),
    );
}

const examples = `
Ends with 0 when the audit's word can be relied on, with 8 when not.

Example:
  millrace audit verify topology.yaml --segments 10`;

async function verify(file: string | undefined, options: AuditVerifyOptions, context: CommandContext): Promise<number> {
  const tiers = await chosenTiers(file, options, context);
  const { grace, silentAfter, segments, topics } = options;
  const isWanted = topics === undefined ? () => true : topicMatcher([topics, `.*\\.${topics}`]);
  const now = context.clock.now();
  const verified = await verifyTiers(tiers, { now, graceMs: grace, silentAfterMs: silentAfter, segments, isWanted });
  if (options.output === 'json') await writeJson(verified, context);
  else await context.stdout.write(context.redact(verificationText(verified)));
  return verified.sound ? exitCode.ok : exitCode.unhealthy;
}
