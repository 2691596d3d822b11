/** A step as a person types it: `deploy creator-analytics --environment staging --param window=5m`; further ones as a text behind `--then`. */
import { Command, CommanderError, Option } from 'commander';
import { jobEngines } from '../model/deployment.ts';
import { EngineError } from '../model/errors.ts';
import { type Condition, type IntentStep, type Verb, verbs } from '../model/intent.ts';
import { pairsOption, wholeNumber } from './option-values.ts';

export type StepOptions = Readonly<{
  environment?: string | undefined;
  engine?: IntentStep['engine'] | undefined;
  param: ReadonlyMap<string, string>;
  parallelism?: number | undefined;
  /** False: --without-savepoint. */
  withoutSavepoint?: boolean | undefined;
  untilRunning?: boolean | undefined;
  untilLag?: number | undefined;
}>;

export function addStepOptions(command: Command): Command {
  return command
    .argument('<verb>', `one of ${verbs.join(', ')}`)
    .argument('[job]', "a job's name")
    .option('--environment <name>', 'where')
    .addOption(new Option('--engine <engine>', 'which runs it').choices(jobEngines))
    .addOption(pairsOption('--param <name=value>', 'a value for a parameter of the job; may be repeated'))
    .option('--parallelism <n>', 'subtasks of each operator', wholeNumber(1, 32_768))
    .option('--without-savepoint', 'stop without keeping the state')
    .option('--until-running', 'wait until it is stable')
    .option('--until-lag <records>', 'wait until fewer records are behind', wholeNumber(0, Number.MAX_SAFE_INTEGER));
}

export function stepOf(verb: string, job: string | undefined, options: StepOptions): IntentStep {
  return {
    verb: verbOf(verb),
    job: job ?? null,
    environment: options.environment ?? null,
    engine: options.engine ?? null,
    parameters: Object.fromEntries(options.param),
    parallelism: options.parallelism ?? null,
    savepoint: options.withoutSavepoint === true ? false : null,
    until: untilOf(options),
  };
}

function verbOf(word: string): Verb {
  const verb = verbs.find((each) => each === word);
  if (verb !== undefined) return verb;
  throw new EngineError('INVALID_OPTION', `plan: expected a verb of ${verbs.join(', ')}, got '${word}'`, {
    hint: 'millrace ask takes plain language.',
  });
}

function untilOf({ untilRunning, untilLag }: StepOptions): Condition | null {
  if (untilLag !== undefined) return { kind: 'lag-below', records: untilLag };
  return untilRunning === true ? { kind: 'running' } : null;
}

/** The words behind one `--then`. INVALID_OPTION for what a step can't have. */
export function stepFromWords(text: string): IntentStep {
  const command = addStepOptions(new Command('then'))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  let step: IntentStep | undefined;
  command.action((verb: string, job: string | undefined, options: StepOptions) => {
    step = stepOf(verb, job, options);
  });
  try {
    command.parse(['node', 'then', ...wordsOf(text)]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new EngineError('INVALID_OPTION', `--then '${text}': ${error.message.replace(/^error: /, '')}`);
  }
  if (step === undefined) throw new EngineError('INVALID_OPTION', `--then '${text}': expected a verb and a job`);
  return step;
}

/** At spaces; quotes keep words together. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g) ?? [];
  return words.map((word) =>
    word.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, (_, single, double, one) => single ?? double ?? one),
  );
}
