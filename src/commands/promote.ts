/** `millrace promote JOB`: what one environment wants of a job, for another, as a file and a plan of its own. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { driftOf } from '../deploy/gitops/drift.ts';
import { type Promotion, promote } from '../deploy/gitops/promotion.ts';
import { parseWanted, printWanted, type WantedDeployment, wantedPath } from '../deploy/gitops/wanted-deployment.ts';
import { type DeploymentKey, deploymentNamePattern } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { gitOpsOf } from './gitops.ts';
import { type GitOpsAccess, planSteps, stepsOf, type WithGitOps, writeAnswers } from './gitops-access.ts';
import { defaultDataDirectory } from './job-options.ts';
import { type OutputOptions, outputOption, writeJson } from './topology-options.ts';

type PromoteOptions = OutputOptions &
  Readonly<{ from: string; to: string; write?: boolean | undefined; dataDir: string }>;

export function promoteCommand(context: CommandContext, withGitOps: WithGitOps = gitOpsOf(context)): Command {
  return new Command('promote')
    .description(
      'Plan for one environment what another wants of a job. Parameters that environments give themselves stay theirs.',
    )
    .argument('<job>', 'as in envs/<environment>/<job>.yaml')
    .requiredOption('--from <environment>', 'where it has proved itself')
    .requiredOption('--to <environment>', 'where it is to go')
    .option('--write', 'the file of the target as well, to be committed')
    .option('--data-dir <dir>', 'where plans, deployments and the deploy log are', defaultDataDirectory)
    .addOption(outputOption())
    .addHelpText('after', '\nExamples:\n  millrace promote creator-analytics --from staging --to production --write')
    .action(async (job: string, options: PromoteOptions) => {
      context.exit(await withGitOps(options.dataDir, (access) => promoteJob(job, options, access, context)));
    });
}

async function promoteJob(
  job: string,
  options: PromoteOptions,
  access: GitOpsAccess,
  context: CommandContext,
): Promise<number> {
  const source = await wishIn(context, { job, environment: options.from });
  if (source === null) {
    const path = wantedPath({ job, environment: options.from });
    throw new EngineError('NOT_FOUND', `promote ${job}: expected ${path}, found none`);
  }
  const target = await wishIn(context, { job, environment: options.to });
  const own = [options.from, options.to].flatMap((environment) => Object.keys(access.inherited(environment)));
  const promotion = promote(source, options.to, { target, own });
  if (options.write === true) await writeWish(context, promotion.wanted);
  const views = await access.service.deployments(access.caller);
  const { inherited, newestDigest } = access;
  const drift = driftOf([promotion.wanted], views, { inherited, newestDigest, environments: [] });
  const answers = await planSteps(stepsOf(drift), access);
  if (options.output === 'json') {
    await writeJson({ ...promotion, drift, answers }, context);
    return answers.some(({ kind }) => kind === 'plan') ? exitCode.needsConfirmation : exitCode.ok;
  }
  await context.stdout.write(promotionText(promotion));
  return await writeAnswers(answers, context);
}

function promotionText({ wanted, differences }: Promotion): string {
  const path = wantedPath(wanted);
  if (differences.length === 0) return `${path}: wants the same already\n`;
  const lines = differences.map(
    ({ field, wanted: after, found }) => `  ${field}: ${found ?? 'none'} → ${after ?? 'none'}`,
  );
  return `${[path, ...lines].join('\n')}\n`;
}

/** As it is in the work tree; null: there is none. */
async function wishIn({ workingDirectory }: CommandContext, key: DeploymentKey): Promise<WantedDeployment | null> {
  for (const name of [key.job, key.environment]) {
    if (deploymentNamePattern.test(name)) continue;
    throw new EngineError(
      'INVALID_OPTION',
      `promote: expected a name of lower-case letters, digits and -, got '${name}'`,
    );
  }
  try {
    return parseWanted(await readFile(join(workingDirectory, wantedPath(key)), 'utf8'), key);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function writeWish({ workingDirectory }: CommandContext, wanted: WantedDeployment): Promise<void> {
  const path = join(workingDirectory, wantedPath(wanted));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, printWanted(wanted));
}
