/** `millrace deploy-switch [NAME on|off]`: the switches that hold at once, for all changes and for the model. */
import { Command } from 'commander';
import { type SwitchName, type SwitchState, switchNames } from '../deploy/policy/switches.ts';
import { EngineError } from '../model/errors.ts';
import type { CommandContext } from './dependencies.ts';
import { addDeployOptions, type DeployOptions, withLocalDeploy } from './deploy-connection.ts';
import { writeJson } from './topology-options.ts';

type SwitchOptions = DeployOptions & Readonly<{ reason?: string | undefined }>;

export function deploySwitchCommand(context: CommandContext): Command {
  const command = new Command('deploy-switch')
    .description('Show or turn the switches: mutations.enabled (all changes) and llm.enabled (the language model).')
    .argument('[name]', switchNames.join(' or '))
    .argument('[state]', 'on or off')
    .option('--reason <text>', 'kept with it and in the deploy log');
  return addDeployOptions(command)
    .addHelpText('after', examples)
    .action(async (name: string | undefined, state: string | undefined, options: SwitchOptions) => {
      await turn(name, state, options, context);
    });
}

const examples = `
Holds from that moment for every process on the data directory: a plan that is being applied stops before its next step. Needs the role admin.

Examples:
  millrace deploy-switch
  millrace deploy-switch mutations.enabled off --reason "incident 42"
  millrace deploy-switch mutations.enabled on`;

async function turn(
  name: string | undefined,
  state: string | undefined,
  options: SwitchOptions,
  context: CommandContext,
): Promise<void> {
  await withLocalDeploy(options, context, async (service, { actor }) => {
    if (name !== undefined) service.turnSwitch(switchOf(name), isOnOf(state), actor, options.reason ?? null);
    const states = switchNames.map((each) => service.switches.get(each));
    if (options.output === 'json') return await writeJson({ switches: states }, context);
    await context.stdout.write(`${states.map(lineOf).join('\n')}\n`);
  });
}

function switchOf(word: string): SwitchName {
  const name = switchNames.find((each) => each === word);
  if (name !== undefined) return name;
  throw new EngineError('INVALID_OPTION', `deploy-switch: expected ${switchNames.join(' or ')}, got '${word}'`);
}

function isOnOf(word: string | undefined): boolean {
  if (word === 'on' || word === 'off') return word === 'on';
  throw new EngineError('INVALID_OPTION', `deploy-switch: expected on or off, got '${word ?? 'nothing'}'`);
}

function lineOf({ name, isOn, changedBy, changedAt, reason }: SwitchState): string {
  const since = changedAt === null ? '' : ` since ${new Date(changedAt).toISOString()} by ${changedBy}`;
  return `${name}: ${isOn ? 'on' : 'off'}${since}${reason === null ? '' : `: ${reason}`}`;
}
