import type { Format } from '../model/format.ts';
import type { OptionSpec } from '../model/options.ts';

/** The options of the connector `kafka`, shared by its source and its sink, with Flink's names (KafkaConnectorOptions). */

export type FormatRegistry = Readonly<Record<string, Format>>;

const scanModes = ['earliest-offset', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'] as const;

const specificExample = "'partition:0,offset:42;partition:1,offset:300'";

export const kafkaOwnSpecs: readonly OptionSpec[] = [
  { key: 'connector', kind: 'enum', values: ['kafka'], required: true, description: "'kafka'." },
  {
    key: 'topic',
    kind: 'list',
    description: 'The topic; to read, several separated by semicolons.',
  },
  {
    key: 'topic-pattern',
    kind: 'string',
    description: 'In place of topic, to read: a regular expression that the whole name of a topic has to match.',
  },
  { key: 'properties.', kind: 'map', description: 'Settings of the Kafka client: properties.bootstrap.servers, …' },
  { key: 'format', kind: 'string', description: 'How the value of a record is read and written; or value.format.' },
  { key: 'value.format', kind: 'string', description: 'The same. Options of the format then begin with value.' },
  {
    key: 'value.fields-include',
    kind: 'enum',
    values: ['ALL'],
    default: 'ALL',
    description: 'Every column is of the value: formats of keys are not built.',
  },
  {
    key: 'scan.startup.mode',
    kind: 'enum',
    values: scanModes,
    default: 'group-offsets',
    description: 'Where reading begins when there is no checkpoint.',
  },
  { key: 'scan.startup.timestamp-millis', kind: 'integer', min: 0, description: 'With timestamp: ms since 1970.' },
  { key: 'scan.startup.specific-offsets', kind: 'string', description: `With specific-offsets: ${specificExample}.` },
  {
    key: 'scan.bounded.mode',
    kind: 'enum',
    values: ['unbounded', ...scanModes.filter((mode) => mode !== 'earliest-offset')],
    default: 'unbounded',
    description: 'Where reading ends. latest-offset: at the ends of when the job was started.',
  },
  { key: 'scan.bounded.timestamp-millis', kind: 'integer', min: 0, description: 'With timestamp: ms since 1970.' },
  { key: 'scan.bounded.specific-offsets', kind: 'string', description: `With specific-offsets: ${specificExample}.` },
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
    description: 'default: batch by batch; fixed: a partition a subtask; round-robin: row by row.',
  },
  {
    key: 'sink.delivery-guarantee',
    kind: 'enum',
    values: ['at-least-once', 'none', 'exactly-once'],
    default: 'at-least-once',
    description: 'at-least-once (none is the same here).',
  },
];

/** Options of Flink's connector that are valid there and not built here. */
export const unbuiltOptions: Readonly<Record<string, string>> = {
  'key.format': 'keys are not read or written as columns',
  'key.fields': 'keys are not read or written as columns',
  'key.fields-prefix': 'keys are not read or written as columns',
  'sink.transactional-id-prefix': 'transactions are not built',
};

/** All of them, those of the formats with their prefix. */
export function kafkaOptionSpecs(formats: FormatRegistry): readonly OptionSpec[] {
  return [...kafkaOwnSpecs, ...Object.values(formats).flatMap((format) => prefixedOptions(format, `${format.name}.`))];
}

/** The options of a format as a table writes them: with `json.` or `value.json.` before. */
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
