/** The command that steps stand for: what a person would have typed, and may keep. */
import type { PlanStep } from '../../model/change-plan.ts';
import type { IntentStep } from '../../model/intent.ts';
import { commandOf } from '../intent/command.ts';
import type { Reading } from './resolver.ts';

/** `millrace plan VERB JOB …`, further steps behind `--then`. Values that the environment's file gives anyway are left out. */
export function planCommand(
  steps: readonly PlanStep[],
  ofEnvironment: (environment: string) => ReadonlyMap<string, string>,
): string {
  return commandOf(steps.map((step) => saidStep(step, ofEnvironment(step.environment))));
}

/** What a person would have had to say for the step. */
function saidStep(step: PlanStep, given: ReadonlyMap<string, string>): IntentStep {
  const { action: verb, job, environment, engine, until } = step;
  const isDeploy = verb === 'deploy';
  const parameters = Object.entries(step.parameters).filter(([name, value]) => isDeploy && given.get(name) !== value);
  const sets = isDeploy || ['scale', 'start', 'resume', 'restart'].includes(verb);
  const changes = isDeploy || step.diff.some(({ field }) => field === 'parallelism');
  const ends = step.diff.some(({ field, before }) => field === 'state' && before === 'running');
  return {
    verb,
    job,
    environment,
    engine: isDeploy ? engine : null,
    parameters: Object.fromEntries(parameters),
    parallelism: sets && changes ? step.parallelism : null,
    savepoint: ends && !step.savepoint && verb !== 'savepoint' ? false : null,
    until,
  };
}

export function readingCommand(readings: readonly Reading[]): string {
  return readings.map(oneReading).join(' && ');
}

function oneReading({ verb, job, environment }: Reading): string {
  const where = environment === null ? '' : ` --environment ${environment}`;
  if (verb === 'help') return 'millrace --help';
  if (job === null) return `millrace jobs list${where}`;
  const commands = {
    status: 'jobs get',
    logs: 'jobs logs',
    lag: 'lag',
    diagnose: 'diagnose',
    list: 'jobs get',
  } as const;
  return `millrace ${commands[verb as keyof typeof commands]} ${job}${where}`;
}
