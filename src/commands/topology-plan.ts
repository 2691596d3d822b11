/** `millrace topology plan FILE`: what an apply would do, and what differs besides. */
import { Command } from 'commander';
import { planTopology, type TopologyPlan } from '../topology/plan.ts';
import { planText } from '../topology/plan-text.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import {
  loadTopology,
  lookAtAll,
  type OutputOptions,
  outputOption,
  secretsOf,
  topologyArgument,
  writeJson,
} from './topology-options.ts';

export function topologyPlanCommand(context: CommandContext): Command {
  return new Command('plan')
    .description('Compare a topology with its clusters: topics to create, partitions to add, configs to set, drift.')
    .argument(...topologyArgument)
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (file: string, options: OutputOptions) => context.exit(await plan(file, options, context)));
}

const examples = `
Exits with 5 where the file asks for what can't be done (fewer partitions, more replicas than brokers), with 8 where a cluster can't be reached.

Examples:
  millrace topology plan topology.yaml
  millrace topology plan topology.yaml --output json | jq .changes`;

async function plan(file: string, { output }: OutputOptions, context: CommandContext): Promise<number> {
  const topology = await loadTopology(file, context);
  const planned = planTopology(topology, await lookAtAll(topology, secretsOf(file, context), true));
  if (output === 'json') await writeJson({ topology: topology.name, ...planned }, context);
  else await context.stdout.write(`${context.redact(planText(topology, planned))}\n`);
  return codeOf(planned);
}

export function codeOf({ conflicts, unreachable }: TopologyPlan): number {
  if (conflicts.length > 0) return exitCode.conflict;
  return unreachable.length > 0 ? exitCode.unhealthy : exitCode.ok;
}
