/** `millrace ask TEXT`: words to a plan, an answer or a question. Changes nothing. */
import { Command } from 'commander';
import type { AskAnswer } from '../model/deploy-service.ts';
import type { CommandContext } from './dependencies.ts';
import { addDeployOptions, type DeployOptions, withDeploy } from './deploy-connection.ts';
import { exitCode } from './exit-code.ts';
import { applyCommand, planCard, planJson } from './plan-card.ts';
import { writeJson } from './topology-options.ts';

type AskOptions = DeployOptions & Readonly<{ environment?: string | undefined }>;

export function askCommand(context: CommandContext): Command {
  const command = new Command('ask')
    .description('Say in plain language what is to run; see the plan and the command that it stands for.')
    .argument('<text...>', 'what is wanted, up to 2048 bytes')
    .option('--environment <name>', 'where, if the words do not say it');
  return addDeployOptions(command)
    .addHelpText('after', examples)
    .action(async (words: string[], options: AskOptions) => context.exit(await ask(words.join(' '), options, context)));
}

const examples = `
Nothing changes: a plan waits for its confirmation (exit 6). What is not plain is asked back (exit 7). What only asks is answered (exit 0).

Examples:
  millrace ask "deploy creator analytics in staging"
  millrace ask "scale video events to 8, tell me when lag is under 1,000"
  millrace ask "what is running?" --output json`;

async function ask(text: string, options: AskOptions, context: CommandContext): Promise<number> {
  return await withDeploy(options, context, async ({ service, caller }) => {
    return await showAnswer(await service.ask(text, options.environment ?? null, caller), options, context);
  });
}

/** Writes an answer and says with which code to end. */
export async function showAnswer(
  answer: AskAnswer,
  { output }: DeployOptions,
  context: CommandContext,
): Promise<number> {
  if (output === 'json') await writeJson(answerJson(answer), context);
  else await showText(answer, context);
  return answer.kind === 'plan' ? planCode(answer.plan.confirmation) : answerCodes[answer.kind];
}

const answerCodes = {
  answer: exitCode.ok,
  question: exitCode.needsClarification,
  'out-of-scope': exitCode.needsClarification,
} as const;

function planCode(confirmation: string): number {
  return confirmation === 'deny' ? exitCode.permission : exitCode.needsConfirmation;
}

function answerJson(answer: AskAnswer): unknown {
  switch (answer.kind) {
    case 'plan':
      return { plan: planJson(answer.plan), command: answer.command, parser: answer.parser };
    case 'answer':
      return { answer: answer.text, data: answer.data, command: answer.command, parser: answer.parser };
    case 'question':
      return { question: answer.question, candidates: answer.candidates, parser: answer.parser };
    case 'out-of-scope':
      return { question: answer.reason, candidates: [], outOfScope: true, parser: answer.parser };
  }
}

async function showText(answer: AskAnswer, context: CommandContext): Promise<void> {
  const { stdout, env, clock, redact } = context;
  if (answer.kind === 'plan') {
    const color = stdout.isTerminal && env.NO_COLOR === undefined;
    await stdout.write(`${redact(planCard(answer.plan, { color, now: clock.now() }))}\n`);
    if (answer.plan.confirmation !== 'deny') context.say(`To apply it: ${applyCommand(answer.plan)}`);
    return;
  }
  if (answer.kind === 'answer') return await stdout.write(`${redact(answer.text)}\n`);
  const [text, candidates] = answer.kind === 'question' ? [answer.question, answer.candidates] : [answer.reason, []];
  await stdout.write(`${[text, ...candidates.map((candidate) => `  - ${candidate}`)].join('\n')}\n`);
}
