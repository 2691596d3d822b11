/** `millrace topology apply FILE`: makes the clusters as the file says, adding only. */
import { Command } from 'commander';
import { EngineError } from '../model/errors.ts';
import { applyChanges } from '../topology/apply.ts';
import { type ClusterClients, lookAtClusters, openClusters } from '../topology/live-cluster.ts';
import { type Change, planTopology, type TopologyPlan } from '../topology/plan.ts';
import { changeText, doneText, planText } from '../topology/plan-text.ts';
import type { Topology } from '../topology/topology.ts';
import type { CommandContext } from './dependencies.ts';
import { exitCode } from './exit-code.ts';
import {
  loadTopology,
  type OutputOptions,
  outputOption,
  secretsOf,
  topologyArgument,
  writeJson,
} from './topology-options.ts';
import { codeOf } from './topology-plan.ts';

type ApplyOptions = OutputOptions & Readonly<{ yes?: boolean | undefined }>;

const settleAttempts = 40;
const settlePauseMs = 250;

export function topologyApplyCommand(context: CommandContext): Command {
  return new Command('apply')
    .description('Create topics, add partitions and set configs as a topology has them. Nothing is ever deleted.')
    .argument(...topologyArgument)
    .option('--yes', 'carry it out; without it, the plan is shown and the exit code is 6')
    .addOption(outputOption())
    .addHelpText('after', examples)
    .action(async (file: string, options: ApplyOptions) => context.exit(await apply(file, options, context)));
}

const examples = `
May be repeated: what is done already is left alone, and what was cut short goes on. Clusters that can't be reached are left out (exit 8).

Examples:
  millrace topology apply topology.yaml
  millrace topology apply topology.yaml --yes`;

async function apply(file: string, options: ApplyOptions, context: CommandContext): Promise<number> {
  const topology = await loadTopology(file, context);
  const clients = openClusters(topology, secretsOf(file, context));
  try {
    const plan = planTopology(topology, await lookAtClusters(topology, clients, true));
    const mayStart = plan.conflicts.length === 0 && (plan.changes.length === 0 || options.yes === true);
    if (!mayStart) return await showOnly(topology, plan, options, context);
    await applyChanges(plan.changes, {
      client: clients.of,
      done: (change) => context.say(`done: ${changeText(change)}`),
    });
    await settle(topology, plan.changes, clients, context);
    if (options.output === 'json') await writeJson({ topology: topology.name, applied: true, ...plan }, context);
    else await context.stdout.write(`${endText(topology, plan)}\n`);
    return codeOf(plan);
  } finally {
    clients.close();
  }
}

async function showOnly(
  topology: Topology,
  plan: TopologyPlan,
  { output }: ApplyOptions,
  context: CommandContext,
): Promise<number> {
  if (output === 'json') await writeJson({ topology: topology.name, applied: false, ...plan }, context);
  else await context.stdout.write(`${planText(topology, plan)}\n`);
  if (plan.conflicts.length > 0) return codeOf(plan);
  context.say('Add --yes to carry it out.');
  return exitCode.needsConfirmation;
}

/** Brokers learn of a change one after another: waits until what is there is as it should be. */
async function settle(
  topology: Topology,
  changes: readonly Change[],
  clients: ClusterClients,
  { clock }: CommandContext,
): Promise<void> {
  const changed = new Set(changes.map(({ cluster }) => cluster));
  for (let attempt = 0; changed.size > 0; attempt++) {
    const now = planTopology(topology, await lookAtClusters(topology, clients, true, changed));
    const left = now.changes.filter((change) => changes.some((done) => isSameChange(done, change)));
    const [away] = now.unreachable;
    if (left.length === 0 && away === undefined) return;
    if (attempt >= settleAttempts) {
      const what = left[0] === undefined ? `cluster ${away!.cluster} to answer` : changeText(left[0]);
      const seconds = (settleAttempts * settlePauseMs) / 1_000;
      throw new EngineError('TIMEOUT', `topology ${topology.name}: done, but not seen within ${seconds} s: ${what}`, {
        hint: 'Does somebody else change the same topics? Otherwise apply again.',
      });
    }
    await clock.sleep(settlePauseMs);
  }
}

function isSameChange(a: Change, b: Change): boolean {
  const key = (change: Change): string => `${change.cluster} ${change.topic} ${change.action}`;
  return key(a) === key(b) || (a.cluster === b.cluster && a.topic === b.topic && a.action === 'create-topic');
}

function endText({ name }: Topology, { changes, drift, unreachable }: TopologyPlan): string {
  const more = [
    ...(drift.length > 0 ? [`${drift.length} of drift left as it is (millrace topology plan)`] : []),
    ...(unreachable.length > 0 ? [`unreachable: ${unreachable.map(({ cluster }) => cluster).join(', ')}`] : []),
  ];
  return [`${name}: ${changes.length === 0 ? 'nothing to do' : doneText(changes)}`, ...more].join('; ');
}
