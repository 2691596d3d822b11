/** `millrace drift`: what runs beside what the files in git want; `millrace apply --from-git` plans the way from the one to the other. */
import { Command } from 'commander';
import { checkWorkTree, readDesiredState } from '../deploy/gitops/desired-state.ts';
import { type Drift, driftOf, driftText } from '../deploy/gitops/drift.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { gitOpsOf } from './gitops.ts';
import { type GitOpsAccess, planSteps, stepsOf, type WithGitOps, writeAnswers } from './gitops-access.ts';
import { defaultDataDirectory } from './job-options.ts';
import { type OutputOptions, outputOption, writeJson } from './topology-options.ts';

type DriftOptions = OutputOptions & Readonly<{ fromGit: string; environment?: string | undefined; dataDir: string }>;

export function driftCommand(context: CommandContext, withGitOps: WithGitOps = gitOpsOf(context)): Command {
  return new Command('drift')
    .description(
      'What runs otherwise than envs/<environment>/<job>.yaml of a commit want it. Exits with 8 where anything does.',
    )
    .option('--from-git <revision>', 'the commit', 'HEAD')
    .option('--environment <name>', 'of one environment alone')
    .option('--data-dir <dir>', 'where plans, deployments and the deploy log are', defaultDataDirectory)
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  millrace drift\n  millrace drift --from-git 3f5a9c1 --environment production --output json',
    )
    .action(async (options: DriftOptions) => {
      context.exit(await withGitOps(options.dataDir, (access) => drift(options, access, context)));
    });
}

async function drift(options: DriftOptions, access: GitOpsAccess, context: CommandContext): Promise<number> {
  const { commit, found } = await seenDrift(options.fromGit, options.environment ?? null, access);
  if (options.output === 'json') await writeJson({ commit, drift: found }, context);
  else await context.stdout.write(`commit ${commit.slice(0, 12)}: ${driftText(found)}`);
  return found.length === 0 ? exitCode.ok : exitCode.unhealthy;
}

/** Plans what brings everything to what a commit wants; nothing is changed before each plan is confirmed. */
export async function applyFromGit(
  revision: string,
  options: OutputOptions & Readonly<{ environment?: string | undefined }>,
  access: GitOpsAccess,
  context: CommandContext,
): Promise<number> {
  const { commit, found } = await seenDrift(revision, options.environment ?? null, access);
  await checkWorkTree(access.repository, commit);
  const answers = await planSteps(stepsOf(found), access);
  if (options.output === 'json') {
    await writeJson({ commit, drift: found, answers }, context);
    return answers.some(({ kind }) => kind === 'plan') ? exitCode.needsConfirmation : exitCode.ok;
  }
  await context.stdout.write(`commit ${commit.slice(0, 12)}: ${driftText(found)}`);
  return await writeAnswers(answers, context);
}

async function seenDrift(
  revision: string,
  environment: string | null,
  access: GitOpsAccess,
): Promise<Readonly<{ commit: string; found: readonly Drift[] }>> {
  const { commit, deployments, environments } = await readDesiredState(access.repository, revision);
  const views = await access.service.deployments(access.caller);
  const isMeant = (item: Readonly<{ environment: string }>): boolean =>
    environment === null || item.environment === environment;
  const { inherited, newestDigest } = access;
  const found = driftOf(deployments.filter(isMeant), views.filter(isMeant), { inherited, newestDigest, environments });
  return { commit, found };
}
