/** The settings that only Millrace knows: `SET 'millrace.*'`, which Flink accepts and ignores, so that scripts stay portable. */
import type { OptionSpec } from '../model/options.ts';
import { deadLetterOptionSpecs } from '../sinks/dead-letter-options.ts';

export const millraceSettings: readonly OptionSpec[] = [
  {
    key: 'millrace.kafka.client',
    kind: 'enum',
    values: ['native'],
    default: 'native',
    description: "The Kafka client: Millrace's own, which decodes record batches straight into columns.",
  },
  ...deadLetterOptionSpecs,
];

export const deadLetterPrefix = 'millrace.dead-letter.';
