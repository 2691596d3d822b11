/** The command that steps stand for: what a person would have typed, and may keep. */
import type { PlanStep } from '../../model/change-plan.ts';
import type { Condition } from '../../model/intent.ts';
import type { Reading } from './resolver.ts';

/** `millrace plan VERB JOB …`, further steps behind `--then`. Values that the environment's file gives anyway are left out. */
export function planCommand(
  steps: readonly PlanStep[],
  ofEnvironment: (environment: string) => ReadonlyMap<string, string>,
): string {
  const words = steps.map((step) => stepWords(step, ofEnvironment(step.environment)));
  const [first, ...rest] = words;
  return ['millrace plan', ...first!, ...rest.flatMap((each) => ['--then', ...each])].join(' ');
}

function stepWords(step: PlanStep, given: ReadonlyMap<string, string>): string[] {
  const isDeploy = step.action === 'deploy';
  const parameters = Object.entries(step.parameters).filter(([name, value]) => isDeploy && given.get(name) !== value);
  const sets = isDeploy || ['scale', 'start', 'resume', 'restart'].includes(step.action);
  const before = step.diff.find(({ field }) => field === 'parallelism');
  const parallelism = sets && step.parallelism !== null && (isDeploy || before !== undefined) ? step.parallelism : null;
  const ended = step.diff.some(({ field, before: state }) => field === 'state' && state === 'running');
  return [
    step.action,
    step.job,
    '--environment',
    step.environment,
    ...(isDeploy ? ['--engine', step.engine] : []),
    ...parameters.flatMap(([name, value]) => ['--param', shellQuoted(`${name}=${value}`)]),
    ...(parallelism === null ? [] : ['--parallelism', String(parallelism)]),
    ...(ended && !step.savepoint && step.action !== 'savepoint' ? ['--without-savepoint'] : []),
    ...conditionWords(step.until),
  ];
}

function conditionWords(until: Condition | null): string[] {
  if (until === null) return [];
  return ['--until', until.kind === 'running' ? 'running' : `'lag<${until.records}'`];
}

function shellQuoted(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
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
