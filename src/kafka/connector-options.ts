import type { Format } from '../model/format.ts';
import type { OptionSpec } from '../model/options.ts';

/** The options of the connectors `kafka` and `upsert-kafka`, with Flink's names (KafkaConnectorOptions). */

export type FormatRegistry = Readonly<Record<string, Format>>;

const scanModes = ['earliest-offset', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'] as const;

const specificExample = "'partition:0,offset:42;partition:1,offset:300'";

const connectorSpec = (name: string): OptionSpec => ({
  key: 'connector',
  kind: 'enum',
  values: [name],
  required: true,
  description: `'${name}'.`,
});

const topicSpecs: readonly OptionSpec[] = [
  { key: 'topic', kind: 'list', description: 'The topic; to read, several separated by semicolons.' },
  {
    key: 'topic-pattern',
    kind: 'string',
    description: 'In place of topic, to read: a regular expression that the whole name of a topic has to match.',
  },
  { key: 'properties.', kind: 'map', description: 'Settings of the Kafka client: properties.bootstrap.servers, …' },
];

const partSpecs: readonly OptionSpec[] = [
  { key: 'key.format', kind: 'string', description: 'How the key of a record is read and written.' },
  {
    key: 'key.fields-prefix',
    kind: 'string',
    default: '',
    description:
      "What columns of the key have before the names in the record. Needs 'value.fields-include' EXCEPT_KEY.",
  },
  { key: 'value.format', kind: 'string', description: 'How the value of a record is read and written.' },
  {
    key: 'value.fields-include',
    kind: 'enum',
    values: ['ALL', 'EXCEPT_KEY'],
    default: 'ALL',
    description: 'Whether the value has the columns of the key, too.',
  },
];

const boundedSpecs: readonly OptionSpec[] = [
  {
    key: 'scan.bounded.mode',
    kind: 'enum',
    values: ['unbounded', ...scanModes.filter((mode) => mode !== 'earliest-offset')],
    default: 'unbounded',
    description: 'Where reading ends. latest-offset: at the ends of when the job was started.',
  },
  { key: 'scan.bounded.timestamp-millis', kind: 'integer', min: 0, description: 'With timestamp: ms since 1970.' },
  { key: 'scan.bounded.specific-offsets', kind: 'string', description: `With specific-offsets: ${specificExample}.` },
];

const deliverySpec: OptionSpec = {
  key: 'sink.delivery-guarantee',
  kind: 'enum',
  values: ['at-least-once', 'none', 'exactly-once'],
  default: 'at-least-once',
  description: 'at-least-once (none is the same here).',
};

const kafkaOwnSpecs: readonly OptionSpec[] = [
  connectorSpec('kafka'),
  ...topicSpecs,
  { key: 'format', kind: 'string', description: 'The same as value.format; its options then begin with its name.' },
  ...partSpecs,
  { key: 'key.fields', kind: 'list', description: 'The columns of the key, separated by semicolons.' },
  {
    key: 'scan.startup.mode',
    kind: 'enum',
    values: scanModes,
    default: 'group-offsets',
    description: 'Where reading begins when there is no checkpoint.',
  },
  { key: 'scan.startup.timestamp-millis', kind: 'integer', min: 0, description: 'With timestamp: ms since 1970.' },
  { key: 'scan.startup.specific-offsets', kind: 'string', description: `With specific-offsets: ${specificExample}.` },
  ...boundedSpecs,
  {
    key: 'scan.topic-partition-discovery.interval',
    kind: 'duration',
    min: 0,
    default: '5 min',
    description: 'How often new partitions and topics are looked for; 0: never.',
  },
  {
    key: 'sink.partitioner',
    kind: 'enum',
    values: ['default', 'fixed', 'round-robin'],
    default: 'default',
    description:
      "default: by the key's hash, or batch by batch; fixed: a partition a subtask; round-robin: row by row.",
  },
  deliverySpec,
];

const upsertOwnSpecs: readonly OptionSpec[] = [
  connectorSpec('upsert-kafka'),
  ...topicSpecs,
  ...partSpecs,
  ...boundedSpecs,
  {
    key: 'sink.buffer-flush.max-rows',
    kind: 'integer',
    min: 0,
    default: '0',
    withoutEffect: true,
    description: 'Rows with one key are written one after the other, each of them.',
  },
  {
    key: 'sink.buffer-flush.interval',
    kind: 'duration',
    min: 0,
    default: '0 ms',
    withoutEffect: true,
    description: 'Rows with one key are written one after the other, each of them.',
  },
  deliverySpec,
];

export type KafkaConnectorName = 'kafka' | 'upsert-kafka';

/** Those that are no format's. */
export const kafkaConnectorSpecs: Readonly<Record<KafkaConnectorName, readonly OptionSpec[]>> = {
  kafka: kafkaOwnSpecs,
  'upsert-kafka': upsertOwnSpecs,
};

/** Options of Flink's connectors that are valid there and not built here. */
export const unbuiltOptions: Readonly<Record<string, string>> = {
  'sink.transactional-id-prefix': 'transactions are not built',
  'sink.transaction-naming-strategy': 'transactions are not built',
};

/** All of them, those of the formats with their prefixes. */
export function kafkaOptionSpecs(name: KafkaConnectorName, formats: FormatRegistry): readonly OptionSpec[] {
  const prefixes = name === 'kafka' ? ['', 'key.', 'value.'] : ['key.', 'value.'];
  const ofFormats = Object.values(formats).flatMap((format) =>
    prefixes.flatMap((prefix) => prefixedOptions(format, `${prefix}${format.name}.`)),
  );
  return [...kafkaConnectorSpecs[name], ...ofFormats];
}

/** The options of a format as a table writes them: with `json.`, `value.json.` or `key.json.` before. */
export function prefixedOptions(format: Format, prefix: string): OptionSpec[] {
  return format.options.map((spec) => ({ ...spec, key: prefix + spec.key }));
}

/** What help and docs say of the connector. */
export const kafkaDescription = {
  name: 'kafka',
  description:
    'Topics of Apache Kafka 3.1 or newer: read with positions in the checkpoint, bounded or without end; written at least once.',
  example: `CREATE TABLE events (
  user_id STRING,
  amount DECIMAL(10, 2),
  ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'events',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json'
)`,
  portable: true,
} as const;

export const upsertKafkaDescription = {
  name: 'upsert-kafka',
  description:
    'Topics of the newest row by PRIMARY KEY, which is the key of a record; a record without a value deletes. Read as a changelog, written at least once.',
  example: `CREATE TABLE balances (
  account STRING,
  amount DECIMAL(10, 2),
  PRIMARY KEY (account) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'balances',
  'properties.bootstrap.servers' = 'localhost:9092',
  'key.format' = 'raw',
  'value.format' = 'json'
)`,
  portable: true,
} as const;
