/**
 * The explicit command that an intent stands for, `millrace plan deploy creator-analytics --environment staging --then …`, and back: the two
 * are inverse.
 */
import { type JobEngine, jobEngines } from '../../model/deployment.ts';
import { EngineError } from '../../model/errors.ts';
import { type Condition, type IntentStep, maxIntentSteps, type Verb, verbs } from '../../model/intent.ts';

const between = '--then';

/** To be typed into a POSIX shell. */
export function commandOf(steps: readonly IntentStep[]): string {
  return ['millrace', 'plan', ...commandArguments(steps)].map(quoted).join(' ');
}

/** What follows `millrace plan`. */
export function commandArguments(steps: readonly IntentStep[]): readonly string[] {
  return steps.flatMap((step, at) => (at === 0 ? argumentsOf(step) : [between, ...argumentsOf(step)]));
}

function argumentsOf(step: IntentStep): string[] {
  const { verb, job, environment, engine, parameters, parallelism, savepoint, until } = step;
  return [
    verb,
    ...(job === null ? [] : [job]),
    ...(environment === null ? [] : ['--environment', environment]),
    ...(engine === null ? [] : ['--engine', engine]),
    ...(parallelism === null ? [] : ['--parallelism', String(parallelism)]),
    ...Object.entries(parameters).flatMap(([name, value]) => ['--param', `${name}=${value}`]),
    ...(savepoint === null ? [] : [savepoint ? '--savepoint' : '--no-savepoint']),
    ...(until === null ? [] : ['--until', untilText(until)]),
  ];
}

function untilText(until: Condition): string {
  return until.kind === 'running' ? 'running' : `lag<${until.records}`;
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Steps of what follows `millrace plan`. Throws INVALID_OPTION, which names the argument. */
export function parseCommand(argv: readonly string[]): readonly IntentStep[] {
  const parts: string[][] = [[]];
  for (const argument of argv) {
    if (argument === between) parts.push([]);
    else parts.at(-1)!.push(argument);
  }
  if (parts.length > maxIntentSteps) {
    throw new EngineError(
      'INVALID_OPTION',
      `plan: expected at the most ${maxIntentSteps} steps, found ${parts.length}`,
    );
  }
  return parts.map(parseStep);
}

function parseStep(argv: readonly string[]): IntentStep {
  const [word, ...rest] = argv;
  const verb = verbs.find((name) => name === word);
  if (verb === undefined) throw fault('a verb', word ?? 'nothing', `Verbs are ${verbs.join(', ')}.`);
  let step = emptyStep(verb);
  for (let at = 0; at < rest.length; at++) {
    const argument = rest[at]!;
    if (!argument.startsWith('--')) {
      if (step.job !== null) throw fault(`one job after ${verb}`, argument, `Another step begins with ${between}.`);
      step = { ...step, job: argument };
      continue;
    }
    const flag = flags[argument];
    if (flag === undefined)
      throw fault('an option of a step', argument, `Options are ${Object.keys(flags).join(', ')}.`);
    const value = flag.takesValue ? rest[++at] : '';
    if (value === undefined) throw fault(`a value after ${argument}`, 'the end');
    step = { ...step, ...flag.read(value, step) };
  }
  return step;
}

export function emptyStep(verb: Verb): IntentStep {
  return {
    verb,
    job: null,
    environment: null,
    engine: null,
    parameters: {},
    parallelism: null,
    savepoint: null,
    until: null,
  };
}

type Flag = Readonly<{
  takesValue: boolean;
  /** For help: what is written behind it, and what it says. */
  placeholder?: string | undefined;
  description: string;
  read(value: string, step: IntentStep): Partial<IntentStep>;
}>;

const flags: Readonly<Record<string, Flag>> = {
  '--environment': {
    takesValue: true,
    placeholder: 'name',
    description: 'where',
    read: (environment) => ({ environment }),
  },
  '--engine': {
    takesValue: true,
    placeholder: jobEngines.join('|'),
    description: 'which runs it',
    read: (text) => ({ engine: engineOf(text) }),
  },
  '--param': {
    takesValue: true,
    placeholder: 'name=value',
    description: 'a value for a parameter of the job; may be repeated',
    read: (text, step) => ({ parameters: { ...step.parameters, ...parameterOf(text) } }),
  },
  '--parallelism': {
    takesValue: true,
    placeholder: 'n',
    description: 'subtasks of each operator',
    read: (text) => ({ parallelism: countOf(text, '--parallelism') }),
  },
  '--savepoint': {
    takesValue: false,
    description: 'stop and pause: keep the state, as without a word',
    read: () => ({ savepoint: true }),
  },
  '--no-savepoint': {
    takesValue: false,
    description: 'stop and pause: give the state up',
    read: () => ({ savepoint: false }),
  },
  '--until': {
    takesValue: true,
    placeholder: "running|'lag<RECORDS'",
    description: 'wait for it then',
    read: (text) => ({ until: untilOf(text) }),
  },
};

/** What a step may have, line by line. */
export function stepHelp(): string {
  const lines = Object.entries(flags).map(([name, { placeholder, description }]) => {
    const usage = placeholder === undefined ? name : `${name} <${placeholder}>`;
    return `  ${usage.padEnd(32)}${description}`;
  });
  return `Options of each step:\n${lines.join('\n')}`;
}

function engineOf(text: string): JobEngine {
  const engine = jobEngines.find((name) => name === text);
  if (engine === undefined) throw fault(`--engine ${jobEngines.join(' or ')}`, text);
  return engine;
}

function countOf(text: string, option: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw fault(`a whole number after ${option}`, text);
  return value;
}

function parameterOf(text: string): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw fault('--param NAME=VALUE', text);
  return { [text.slice(0, at)]: text.slice(at + 1) };
}

function untilOf(text: string): Condition {
  if (text === 'running') return { kind: 'running' };
  const match = /^lag<(\d+)$/.exec(text);
  if (match === null) throw fault("--until running or 'lag<RECORDS'", text);
  return { kind: 'lag-below', records: countOf(match[1]!, '--until lag<') };
}

function fault(expected: string, found: string, hint?: string): EngineError {
  return new EngineError('INVALID_OPTION', `plan: expected ${expected}, found '${found}'`, { hint });
}
