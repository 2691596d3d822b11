/** The configs that a Kafka topic has (4.x), with what their values may be: a misspelt one is found before a broker refuses it. */
import { nearest } from '../model/options.ts';

type ConfigValue =
  | Readonly<{ kind: 'integer'; min: number }>
  | Readonly<{ kind: 'ratio' }>
  | Readonly<{ kind: 'boolean' }>
  | Readonly<{ kind: 'words'; words: readonly string[]; several: boolean }>
  | Readonly<{ kind: 'text' }>;

const integer = (min: number): ConfigValue => ({ kind: 'integer', min });
const boolean: ConfigValue = { kind: 'boolean' };
const oneOf = (...words: string[]): ConfigValue => ({ kind: 'words', words, several: false });

const configs: Readonly<Record<string, ConfigValue>> = {
  'cleanup.policy': { kind: 'words', words: ['delete', 'compact'], several: true },
  'compression.type': oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
  'compression.gzip.level': integer(-1),
  'compression.lz4.level': integer(1),
  'compression.zstd.level': integer(-131_072),
  'delete.retention.ms': integer(0),
  'file.delete.delay.ms': integer(0),
  'flush.messages': integer(1),
  'flush.ms': integer(0),
  'follower.replication.throttled.replicas': { kind: 'text' },
  'index.interval.bytes': integer(0),
  'leader.replication.throttled.replicas': { kind: 'text' },
  'local.retention.bytes': integer(-2),
  'local.retention.ms': integer(-2),
  'max.compaction.lag.ms': integer(1),
  'max.message.bytes': integer(0),
  'message.timestamp.after.max.ms': integer(0),
  'message.timestamp.before.max.ms': integer(0),
  'message.timestamp.type': oneOf('CreateTime', 'LogAppendTime'),
  'min.cleanable.dirty.ratio': { kind: 'ratio' },
  'min.compaction.lag.ms': integer(0),
  'min.insync.replicas': integer(1),
  preallocate: boolean,
  'remote.log.copy.disable': boolean,
  'remote.log.delete.on.disable': boolean,
  'remote.storage.enable': boolean,
  'retention.bytes': integer(-1),
  'retention.ms': integer(-1),
  'segment.bytes': integer(1_048_576),
  'segment.index.bytes': integer(4),
  'segment.jitter.ms': integer(0),
  'segment.ms': integer(1),
  'unclean.leader.election.enable': boolean,
};

export type ConfigFault = Readonly<{ text: string; hint: string }>;

/** What is wrong with a config, or null. */
export function configFault(key: string, value: string): ConfigFault | null {
  const known = configs[key];
  if (known === undefined) {
    const near = nearest(key, Object.keys(configs));
    const hint =
      near === undefined ? "Topic configs are named as in Kafka's documentation." : `Did you mean '${near}'?`;
    return { text: 'unknown topic config', hint };
  }
  const expected = expectedOf(known, value);
  return expected === null
    ? null
    : {
        text: `expected ${expected}, found '${value}'`,
        hint: 'Values are as Kafka takes them: numbers without units.',
      };
}

/** null when the value is fine. */
function expectedOf(known: ConfigValue, value: string): string | null {
  switch (known.kind) {
    case 'integer':
      return /^-?\d{1,19}$/.test(value) && Number(value) >= known.min ? null : `a whole number from ${known.min}`;
    case 'ratio':
      return value !== '' && Number(value) >= 0 && Number(value) <= 1 ? null : 'a number from 0 to 1';
    case 'boolean':
      return value === 'true' || value === 'false' ? null : 'true or false';
    case 'words': {
      const parts = known.several ? value.split(',').map((part) => part.trim()) : [value];
      const fits = parts.every((part) => known.words.includes(part));
      const words = known.words.join(', ');
      return fits ? null : known.several ? `some of ${words}, with commas` : `one of ${words}`;
    }
    case 'text':
      return null;
  }
}
