/** `millrace topology …`: data centres, clusters, topics and mirrors by one file. */
import { Command } from 'commander';
import type { CommandContext } from './dependencies.ts';
import { topologyApplyCommand } from './topology-apply.ts';
import { topologyCapacityCommand } from './topology-capacity.ts';
import { topologyLintCommand } from './topology-lint.ts';
import { topologyMirrorsCommand } from './topology-mirrors.ts';
import { topologyPlanCommand } from './topology-plan.ts';
import { topologyResolveCommand } from './topology-resolve.ts';
import { topologyShowCommand } from './topology-show.ts';

export function topologyCommand(context: CommandContext): Command {
  const command = new Command('topology')
    .description('Data centres, clusters, topics and mirrors by one file: check, plan, apply, draw, reckon.')
    .addHelpText('after', examples);
  const parts = [
    topologyLintCommand,
    topologyPlanCommand,
    topologyApplyCommand,
    topologyShowCommand,
    topologyMirrorsCommand,
    topologyResolveCommand,
    topologyCapacityCommand,
  ];
  for (const make of parts) command.addCommand(make(context));
  return command;
}

const examples = `
Examples:
  millrace topology lint topology.yaml
  millrace topology plan topology.yaml
  millrace topology apply topology.yaml --yes
  millrace topology capacity --messages-per-day "800 billion"`;
