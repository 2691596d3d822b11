/**
 * What a person wants done, as data. A parser (src/deploy/intent) makes an `Intent` of words; nothing else of the words goes on. An intent
 * names things of the catalogue and verbs of this list only: no SQL, no path, no URL, no command. What follows from a verb is looked up here
 * and never asked of a parser.
 */
import type { JobEngine } from './deployment.ts';

export const verbs = [
  'deploy', // makes a job's newest version run, first time or upgrade
  'start', // runs a stopped job where it stopped
  'stop', // ends it, with a savepoint unless told otherwise
  'restart', // stop with savepoint and start
  'scale', // restart at another parallelism
  'pause', // as stop with savepoint; says that it will go on
  'resume', // as start
  'rollback', // the last stable version, from its savepoint
  'savepoint',
  'status',
  'lag',
  'logs',
  'diagnose',
  'list',
  'help',
] as const;
export type Verb = (typeof verbs)[number];

/** `mutates`: needs a plan. Whether a change gives up state is a matter of its step (`savepoint`, `restore`), not of its verb. */
export type VerbFacts = Readonly<{ mutates: boolean; reversible: boolean }>;

const changes: VerbFacts = { mutates: true, reversible: true };
const reads: VerbFacts = { mutates: false, reversible: true };

export const verbFacts: Readonly<Record<Verb, VerbFacts>> = {
  deploy: changes,
  start: changes,
  stop: changes,
  restart: changes,
  scale: changes,
  pause: changes,
  resume: changes,
  rollback: changes,
  savepoint: changes,
  status: reads,
  lag: reads,
  logs: reads,
  diagnose: reads,
  list: reads,
  help: reads,
};

/** To wait for, before the next step or the end: `lag` in records, `running` for the job to be stable. */
export type Condition = Readonly<{ kind: 'lag-below'; records: number }> | Readonly<{ kind: 'running' }>;

/** One thing to do. Null: not said; the resolver fills in what has one plain answer and asks for the rest. */
export type IntentStep = Readonly<{
  verb: Verb;
  /** A name of the catalogue or of a running job. */
  job: string | null;
  environment: string | null;
  engine: JobEngine | null;
  /** By parameter name, as written. */
  parameters: Readonly<Record<string, string>>;
  parallelism: number | null;
  /** stop: whether state is kept. Null: kept. `false` only where the words say it outright. */
  savepoint: boolean | null;
  until: Condition | null;
}>;

export const maxIntentSteps = 8;
/** Longer texts are refused: UTF-8 bytes. */
export const maxIntentBytes = 2048;

export type ParserName = 'rules' | 'model';

export type Intent =
  | Readonly<{ kind: 'steps'; parser: ParserName; confidence: number; steps: readonly IntentStep[] }>
  /** Not plain enough to act on: what to ask, and what to choose from (texts that can be said in its place). */
  | Readonly<{ kind: 'question'; parser: ParserName; question: string; candidates: readonly string[] }>
  /** About something else than running stream jobs. */
  | Readonly<{ kind: 'out-of-scope'; parser: ParserName; reason: string }>;

/** What the words may refer to: only what the caller may see. */
export type IntentContext = Readonly<{
  jobs: readonly KnownJob[];
  environments: readonly string[];
  /** Where nothing is said; null: ask. */
  defaultEnvironment: string | null;
  /** Deployments that exist, `job` and `environment`, newest first. */
  running: readonly Readonly<{ job: string; environment: string }>[];
}>;

export type KnownJob = Readonly<{
  name: string;
  aliases: readonly string[];
  description: string;
  parameters: readonly Readonly<{ name: string; type: string; description: string }>[];
}>;

/** Words to intent. Rejects only for faults of the world (a model that can't be reached); what it does not understand is an answer. */
export interface IntentParser {
  readonly name: ParserName;
  parse(text: string, context: IntentContext, signal?: AbortSignal): Promise<Intent>;
}
