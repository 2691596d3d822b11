/** `millrace topology lint FILE`: everything that is wrong with a topology, with its place. */
import { Command } from 'commander';
import type { Finding } from '../topology/finding.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import { countedText } from './human.ts';
import { placedText } from './placed-text.ts';
import { checkedTopology, type OutputOptions, outputOption, topologyArgument, writeJson } from './topology-options.ts';

export function topologyLintCommand(context: CommandContext): Command {
  return new Command('lint')
    .description('Check a topology without reaching for a cluster. Exits with 2 where there is an error.')
    .argument(...topologyArgument)
    .addOption(outputOption())
    .addHelpText('after', '\nExamples:\n  millrace topology lint topology.yaml')
    .action(async (file: string, options: OutputOptions) => context.exit(await lint(file, options, context)));
}

async function lint(file: string, { output }: OutputOptions, context: CommandContext): Promise<number> {
  const { topology, findings } = await checkedTopology(file, context);
  if (output === 'json') await writeJson({ valid: topology !== null, findings: findings.map(findingJson) }, context);
  else await context.stdout.write(`${[...findings.map(findingText), verdict(file, findings)].join('\n')}\n`);
  return topology === null ? exitCode.usage : exitCode.ok;
}

/** `error: topology 'a.yaml', line 3, column 5: spec.x: …`, and what to do below it. */
function findingText({ severity, hint, ...finding }: Finding): string {
  return `${severity}: ${placedText(finding)}${hint === undefined ? '' : `\n  ${hint}`}`;
}

function findingJson({ severity, message, hint, position }: Finding): unknown {
  return { severity, message, hint: hint ?? null, line: position?.line ?? null, column: position?.column ?? null };
}

function verdict(file: string, findings: readonly Finding[]): string {
  const count = (severity: Finding['severity']): number => findings.filter((each) => each.severity === severity).length;
  return `${file}: ${countedText(count('error'), 'error')}, ${countedText(count('warning'), 'warning')}`;
}
