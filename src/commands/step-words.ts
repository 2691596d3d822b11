/** Steps as a person types them: `deploy creator-analytics --environment staging --param window=5m --then …`. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { jobEngines } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import { type Condition, type IntentStep, type Verb, verbs } from '../model/intent.ts';
import { pairsOption, wholeNumber } from './option-values.ts';

type StepOptions = Readonly<{
  environment?: string | undefined;
  engine?: IntentStep['engine'] | undefined;
  param: ReadonlyMap<string, string>;
  parallelism?: number | undefined;
  /** Undefined: not said. */
  savepoint?: boolean | undefined;
  withoutSavepoint?: boolean | undefined;
  until?: Condition | undefined;
}>;

const between = '--then';

/** A command that takes one step; its help says what a step may have. */
function stepCommand(): Command {
  return new Command('step')
    .argument('<verb>', `one of ${verbs.join(', ')}`)
    .argument('[job]', "a job's name")
    .option('--environment <name>', 'where')
    .addOption(new Option('--engine <engine>', 'which runs it').choices(jobEngines))
    .addOption(pairsOption('--param <name=value>', 'a value for a parameter of the job; may be repeated'))
    .option('--parallelism <n>', 'subtasks of each operator', wholeNumber(1, 32_768))
    .option('--without-savepoint', 'stop and pause: do not keep the state')
    .addOption(new Option('--savepoint', 'keep it, as without a word').hideHelp())
    .addOption(new Option('--no-savepoint', 'as --without-savepoint').hideHelp())
    .option('--until <condition>', "wait then for 'running' or 'lag<RECORDS'", conditionOf)
    .helpOption(false);
}

/** What a step may have, line by line. */
export function stepHelp(): string {
  const help = stepCommand().createHelp();
  const lines = help.visibleOptions(stepCommand()).map((option) => `  ${option.flags.padEnd(24)}${option.description}`);
  return `Options of each step:\n${lines.join('\n')}`;
}

/** Throws INVALID_OPTION for what a step can't have. */
export function stepsOfWords(words: readonly string[]): IntentStep[] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === between) parts.push([]);
    else parts.at(-1)!.push(word);
  }
  return parts.map(stepOfWords);
}

function stepOfWords(words: readonly string[]): IntentStep {
  const command = stepCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  try {
    command.parse(['node', 'step', ...words]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const message = error.message.replace(/^error: /, '');
    throw new EngineError('INVALID_OPTION', `plan ${words.join(' ')}: ${message}`, {
      hint: 'millrace plan --help shows what a step may have.',
    });
  }
  const [verb, job] = command.args;
  return stepOf(verbOf(verb!), job ?? null, command.opts<StepOptions>());
}

function stepOf(verb: Verb, job: string | null, options: StepOptions): IntentStep {
  const { environment, engine, param, parallelism, savepoint, withoutSavepoint, until } = options;
  return {
    verb,
    job,
    environment: environment ?? null,
    engine: engine ?? null,
    parameters: Object.fromEntries(param),
    parallelism: parallelism ?? null,
    savepoint: withoutSavepoint === true ? false : (savepoint ?? null),
    until: until ?? null,
  };
}

function verbOf(word: string): Verb {
  const verb = verbs.find((each) => each === word);
  if (verb !== undefined) return verb;
  throw new EngineError('INVALID_OPTION', `plan: expected a verb of ${verbs.join(', ')}, got '${word}'`, {
    hint: 'millrace ask takes plain language.',
  });
}

function conditionOf(text: string): Condition {
  if (text === 'running') return { kind: 'running' };
  const records = Number(/^lag<(\d+)$/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isSafeInteger(records)) return { kind: 'lag-below', records };
  throw new InvalidArgumentError("expected 'running' or 'lag<RECORDS'.");
}
