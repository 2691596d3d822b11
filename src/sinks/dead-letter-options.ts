/** The settings `millrace.dead-letter.*`: what becomes of a record that can't be read. */
import { EngineError } from '../model/errors.ts';
import type { OptionSpec } from '../model/options.ts';

const prefix = 'millrace.dead-letter.';

export const deadLetterOptionSpecs: readonly OptionSpec[] = [
  {
    key: `${prefix}mode`,
    kind: 'enum',
    values: ['fail', 'skip', 'file', 'topic'],
    default: 'fail',
    description:
      'A record that cannot be read fails the job, is skipped and counted, or goes to files or a topic with where it stood.',
  },
  {
    key: `${prefix}path`,
    kind: 'string',
    description: 'With mode file: the directory of the files of JSON lines, one a job and subtask.',
  },
  { key: `${prefix}topic`, kind: 'string', description: 'With mode topic: the topic that gets the records.' },
  {
    key: `${prefix}properties.`,
    kind: 'map',
    description: 'With mode topic: properties of the Kafka client, bootstrap.servers among them.',
  },
];

export type DeadLetterTopic = Readonly<{ topic: string; properties: ReadonlyMap<string, string> }>;

export type DeadLetterTarget =
  | Readonly<{ mode: 'fail' | 'skip' }>
  | Readonly<{ mode: 'file'; path: string }>
  | (Readonly<{ mode: 'topic' }> & DeadLetterTopic);

/** From settings that were checked by their declarations. INVALID_OPTION where a mode lacks what it needs. */
export function deadLetterTarget(settings: Readonly<Record<string, unknown>>): DeadLetterTarget {
  const mode = (settings[`${prefix}mode`] ?? 'fail') as DeadLetterTarget['mode'];
  switch (mode) {
    case 'fail':
    case 'skip':
      return { mode };
    case 'file':
      return { mode, path: required(settings, 'path', mode) };
    case 'topic': {
      const topic = required(settings, 'topic', mode);
      const properties = (settings[`${prefix}properties.`] ?? new Map()) as ReadonlyMap<string, string>;
      if (!properties.has('bootstrap.servers')) throw missing('properties.bootstrap.servers', mode);
      return { mode, topic, properties };
    }
  }
}

function required(settings: Readonly<Record<string, unknown>>, name: string, mode: string): string {
  const value = settings[prefix + name];
  if (typeof value === 'string' && value !== '') return value;
  throw missing(name, mode);
}

function missing(name: string, mode: string): EngineError {
  return new EngineError(
    'INVALID_OPTION',
    `setting '${prefix}${name}': expected a value, as '${prefix}mode' is '${mode}', got none`,
    { hint: `SET '${prefix}${name}' = '…'; or set the mode to 'fail' or 'skip'.` },
  );
}
