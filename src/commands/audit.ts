/** `millrace audit …`: whether what was produced arrived, and which records did not. */
import { Command } from 'commander';
import { auditCompareCommand } from './audit-compare.ts';
import { auditExplainCommand } from './audit-explain.ts';
import { auditReportCommand } from './audit-report.ts';
import { auditRunCommand } from './audit-run.ts';
import { auditVerifyCommand } from './audit-verify.ts';
import type { CommandContext } from './dependencies.ts';

export function auditCommand(context: CommandContext): Command {
  const command = new Command('audit').description('Whether all that was produced arrived, and which records did not.');
  const commands = [auditCompareCommand, auditRunCommand, auditReportCommand, auditExplainCommand, auditVerifyCommand];
  for (const make of commands) command.addCommand(make(context));
  return command;
}
