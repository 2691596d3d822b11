import type { OptionSpec } from '../model/options.ts';

const names = ['native', 'librdkafka'] as const;

export type KafkaClientName = (typeof names)[number];

/** Who reads the job's Kafka tables: a setting, not an option, so that the tables mean the same on Flink. */
export const kafkaClientSetting = {
  key: 'millrace.kafka.client',
  kind: 'enum',
  values: names,
  default: 'native',
  description:
    "The Kafka client that reads. native: Millrace's own, record batches straight into columns. librdkafka: @confluentinc/kafka-javascript in a process of its own for each subtask, if that package is installed.",
} as const satisfies OptionSpec;
