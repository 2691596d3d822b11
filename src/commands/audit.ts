/** `millrace audit …`: whether what was produced arrived, and which records did not. */
import { Command } from 'commander';
import { auditCompareCommand } from './audit-compare.ts';
import type { CommandContext } from './dependencies.ts';

export function auditCommand(context: CommandContext): Command {
  const command = new Command('audit').description('Whether all that was produced arrived, and which records did not.');
  for (const make of [auditCompareCommand]) command.addCommand(make(context));
  return command;
}
