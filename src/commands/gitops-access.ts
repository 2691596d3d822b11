/** What the commands over files in git need beside the deploy service. */
import type { Drift, DriftContext } from '../deploy/gitops/drift.ts';
import type { GitRepository } from '../deploy/gitops/git-repository.ts';
import type { AskAnswer, Caller, DeployService } from '../model/deploy-service.ts';
import { type IntentStep, maxIntentSteps } from '../model/intent.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';

export type GitOpsAccess = Pick<DriftContext, 'inherited' | 'newestDigest'> &
  Readonly<{ service: DeployService; caller: Caller; repository: GitRepository }>;

/** Opens the service on a data directory, and closes it after. */
export type WithGitOps = <T>(dataDir: string, work: (access: GitOpsAccess) => Promise<T>) => Promise<T>;

/** Plans the steps, so many at a time as a plan may have. */
export async function planSteps(steps: readonly IntentStep[], access: GitOpsAccess): Promise<readonly AskAnswer[]> {
  const { service, caller } = access;
  const answers: AskAnswer[] = [];
  for (let at = 0; at < steps.length; at += maxIntentSteps) {
    answers.push(await service.plan(steps.slice(at, at + maxIntentSteps), { ...caller, surface: 'gitops' }));
  }
  return answers;
}

export function stepsOf(drift: readonly Drift[]): IntentStep[] {
  return drift.flatMap(({ step }) => step ?? []);
}

/** Plans with the command that confirms each; text, to be read after what they are for. */
export async function writeAnswers(answers: readonly AskAnswer[], context: CommandContext): Promise<number> {
  for (const answer of answers) await context.stdout.write(answerText(answer));
  if (answers.some(({ kind }) => kind === 'question' || kind === 'out-of-scope')) return exitCode.needsClarification;
  return answers.some(({ kind }) => kind === 'plan') ? exitCode.needsConfirmation : exitCode.ok;
}

function answerText(answer: AskAnswer): string {
  switch (answer.kind) {
    case 'plan': {
      const { id, hash, steps, risk } = answer.plan;
      const lines = steps.map(({ text }, index) => `  ${index + 1}. ${text}`);
      return `${id} (risk: ${risk})\n${lines.join('\n')}\nConfirm it: millrace apply ${id} --plan-hash ${hash} --yes\n`;
    }
    case 'answer':
      return `${answer.text}\n`;
    case 'question':
      return `${[answer.question, ...answer.candidates.map((text) => `  ${text}`)].join('\n')}\n`;
    case 'out-of-scope':
      return `${answer.reason}\n`;
  }
}
