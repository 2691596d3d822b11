/** `millrace audit explain`: one topic and one bucket through all tiers, record by record. */
import { Command } from 'commander';
import { bucketStart, standardScheme } from '../audit/bucket-account.ts';
import { addTimingOptions, makeReport, type ReportTiming } from './audit-report.ts';
import { explainText } from './audit-text.ts';
import { addTierOptions, chosenTiers, type TierOptions } from './audit-tiers.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { time } from './option-values.ts';
import { outputOption, writeJson } from './topology-options.ts';

type AuditExplainOptions = TierOptions & ReportTiming & Readonly<{ bucket: number; output: 'text' | 'json' }>;

export function auditExplainCommand(context: CommandContext): Command {
  const command = new Command('explain').description(
    'What became of a bucket at every tier: which records, where they were lost, and why.',
  );
  return addTimingOptions(addTierOptions(command))
    .requiredOption('--bucket <time>', 'a time in the bucket: ISO 8601, or ms since 1970', time)
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (file: string | undefined, options: AuditExplainOptions) =>
      context.exit(await explain(file, options, context)),
    );
}

const examples = `
Ends with 8 when something is wrong in it.

Example:
  millrace audit explain topology.yaml --topics tracking.page-views --bucket 2026-11-25T09:10:00Z`;

async function explain(
  file: string | undefined,
  options: AuditExplainOptions,
  context: CommandContext,
): Promise<number> {
  const tiers = await chosenTiers(file, options, context);
  const from = bucketStart(options.bucket, standardScheme.bucketMs);
  const reported = await makeReport(tiers, { ...options, from, to: from + standardScheme.bucketMs }, context);
  const explained = { ...reported, tiers: reported.tiers.filter(({ buckets }) => buckets.length > 0) };
  if (options.output === 'json') await writeJson(explained, context);
  else await context.stdout.write(context.redact(explainText(explained)));
  return explained.tiers.every(({ equal }) => equal) ? exitCode.ok : exitCode.unhealthy;
}
