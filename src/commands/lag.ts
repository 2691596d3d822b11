/** `millrace lag`: how far deployments are behind their sources. */
import { Command } from 'commander';
import type { CommandContext } from './dependencies.ts';
import { addDeployOptions, type DeployOptions, withDeploy } from './deploy-connection.ts';
import { lagTable } from './deployment-text.ts';
import { exitCode } from './exit-code.ts';
import { findDeployment } from './find-deployment.ts';
import { wholeNumber } from './option-values.ts';

type LagOptions = DeployOptions & Readonly<{ environment?: string; failAbove?: number }>;

export function lagCommand(context: CommandContext): Command {
  return addDeployOptions(new Command('lag').description('How far deployments are behind the ends of their sources.'))
    .argument('[job]', 'its name, or environment/name (default: all)')
    .option('--environment <name>', 'only there')
    .option(
      '--fail-above <records>',
      'exit 8 where one is further behind, or does not say',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  millrace lag\n  millrace lag creator-analytics --environment production --fail-above 10000',
    )
    .action(async (job: string | undefined, options: LagOptions) => {
      const { environment, failAbove } = options;
      const jobs = await withDeploy(options, context, async (access) => {
        if (job !== undefined) return [await findDeployment(access, job, environment)];
        const all = await access.service.deployments(access.caller);
        return all.filter((each) => environment === undefined || each.environment === environment);
      });
      const lags = jobs.map((each) => ({
        job: each.job,
        environment: each.environment,
        records: each.observed?.lagRecords ?? null,
        watermark: each.observed?.watermark ?? null,
        state: each.observed?.state ?? null,
      }));
      await context.stdout.write(
        options.output === 'json' ? `${JSON.stringify({ lags })}\n` : lagTable(jobs, context.clock.now()),
      );
      const isBehind = failAbove !== undefined && lags.some(({ records }) => records === null || records > failAbove);
      context.exit(isBehind ? exitCode.unhealthy : exitCode.ok);
    });
}
