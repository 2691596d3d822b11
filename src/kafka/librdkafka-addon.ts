import { createRequire } from 'node:module';
import { EngineError } from '../model/errors.ts';

/** The part of `@confluentinc/kafka-javascript` that is used: its node-rdkafka interface. */

/** A record. librdkafka's binding leaves out whether the timestamp is the broker's, and tells a null header from an empty one as little. */
export type AddonMessage = Readonly<{
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  /** Objects of one key. */
  headers?: readonly Readonly<Record<string, Buffer>>[];
  leaderEpoch?: number;
}>;

export type AddonPosition = Readonly<{ topic: string; partition: number; offset: number }>;
/** `code`: librdkafka's own are negative. */
export type AddonError = Readonly<{ code: number; message: string }>;

export interface AddonConsumer {
  connect(options: { allTopics: boolean; timeout: number }, done: (error: AddonError | null) => void): void;
  setDefaultConsumeTimeout(ms: number): void;
  setDefaultIsTimeoutOnlyForFirstMessage(only: boolean): void;
  incrementalAssign(partitions: readonly AddonPosition[]): void;
  incrementalUnassign(partitions: readonly AddonPosition[]): void;
  consume(count: number, done: (error: AddonError | null, messages: readonly AddonMessage[]) => void): void;
  getWatermarkOffsets(topic: string, partition: number): { highOffset: number };
  on(event: 'partition.eof', listener: (position: AddonPosition) => void): void;
  on(event: 'event.error', listener: (error: AddonError) => void): void;
  on(event: 'event.log', listener: (log: { fac: string; message: string }) => void): void;
  on(event: 'event.stats', listener: (stats: { message: string }) => void): void;
}

export type Addon = Readonly<{
  KafkaConsumer: new (
    config: Readonly<Record<string, unknown>>,
    topicConfig: Readonly<Record<string, unknown>>,
  ) => AddonConsumer;
}>;

const packageName = '@confluentinc/kafka-javascript';
const installCommand = `npm install ${packageName}@1.10.1`;

/** NOT_FOUND where the package is not installed, UNSUPPORTED where its addon can't be loaded. `from`: the module that asks for it. */
export function loadAddon(from: string = import.meta.url): Addon {
  const require = createRequire(from);
  try {
    require.resolve(packageName);
  } catch (cause) {
    const message = `'millrace.kafka.client' = 'librdkafka': expected the package ${packageName}, found none`;
    throw new EngineError('NOT_FOUND', message, { hint: `Install it beside Millrace: ${installCommand}`, cause });
  }
  try {
    return require(packageName) as Addon;
  } catch (cause) {
    const message = `'millrace.kafka.client' = 'librdkafka': the addon of ${packageName} can't be loaded: ${(cause as Error).message}`;
    const hint = `It is compiled for one version of Node: install it anew under this one (${process.version}): ${installCommand}`;
    throw new EngineError('UNSUPPORTED', message, { hint, cause });
  }
}
