/** `millrace deploy-log verify|show`: what was asked, decided, confirmed and done, and whether it is still as it was written. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { deployLogPath, headOf } from '../deploy/log/deploy-log.ts';
import type { LogEntry } from '../deploy/log/log-entry.ts';
import { logLines, verifyLog } from '../deploy/log/verify-log.ts';
import { shownText } from '../deploy/plan/shown-text.ts';
import type { CommandContext } from './dependencies.ts';
import { addDeployOptions, type DeployOptions } from './deploy-connection.ts';
import { exitCode } from './exit-code.ts';
import { wholeNumber } from './option-values.ts';
import { writeJson } from './topology-options.ts';

type ShowOptions = DeployOptions & Readonly<{ last: number }>;

const shownEntries = 50;
const mostEntries = 100_000;

export function deployLogCommand(context: CommandContext): Command {
  const command = new Command('deploy-log').description(
    'The chained log of all that was asked, planned, confirmed and done.',
  );
  const verify = new Command('verify').description(
    'Check every line against the one before. Exits with 8 where the chain is broken.',
  );
  const show = new Command('show')
    .description('The last entries.')
    .option('--last <n>', 'how many', wholeNumber(1, mostEntries), shownEntries);
  addDeployOptions(verify).action(async (options: DeployOptions) => context.exit(await verifyChain(options, context)));
  addDeployOptions(show).action(async (options: ShowOptions) => await showEntries(options, context));
  for (const each of [verify, show]) command.addCommand(each);
  return command.addHelpText('after', examples);
}

const examples = `
Examples:
  millrace deploy-log verify
  millrace deploy-log show --last 5
  millrace deploy-log show --output json | jq 'select(.entry.event == "confirmed")'`;

async function verifyChain({ dataDir, output }: DeployOptions, context: CommandContext): Promise<number> {
  const directory = resolve(context.workingDirectory, dataDir);
  const head = existsSync(join(directory, 'control.db')) ? headOf(directory) : null;
  const verdict = await verifyLog(deployLogPath(directory), head);
  const { entries, fault, tornBytes } = verdict;
  const torn =
    tornBytes === 0 ? '' : `; ${tornBytes} bytes of an entry that was cut short follow, the next entry mends it`;
  const text = fault === null ? `whole: ${entries} entries${torn}` : `broken at line ${fault.line}: ${fault.text}`;
  if (output === 'json') await writeJson({ whole: fault === null, ...verdict }, context);
  else await context.stdout.write(`${text}\n`);
  return fault === null ? exitCode.ok : exitCode.unhealthy;
}

async function showEntries({ dataDir, output, last }: ShowOptions, context: CommandContext): Promise<void> {
  const kept: string[] = [];
  for await (const { text, isWhole } of logLines(deployLogPath(resolve(context.workingDirectory, dataDir)))) {
    if (isWhole) kept.push(text);
    if (kept.length > last) kept.shift();
  }
  const lines = output === 'json' ? kept : kept.map(lineOf);
  await context.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function lineOf(text: string): string {
  const { sequence, time, entry } = JSON.parse(text) as LogEntry;
  const { event, ...rest } = entry as LogEntry['entry'] & Readonly<Record<string, unknown>>;
  const facts = ['plan', 'outcome', 'text', 'command', 'risk', 'code', 'name', 'isOn', 'reason', 'confirmedBy', 'bytes']
    .filter((key) => key in rest && rest[key as keyof typeof rest] !== null)
    .map((key) => `${key}=${shownText(JSON.stringify(rest[key as keyof typeof rest]), 160)}`);
  const who = 'actor' in entry ? entry.actor.name : 'confirmer' in entry ? entry.confirmer.name : '-';
  return `${sequence}  ${time}  ${event}  ${who}  ${facts.join('  ')}`;
}
