/** The settings that only Millrace knows: `SET 'millrace.*'`, which Flink accepts and ignores, so that scripts stay portable. */
import { kafkaClientSetting } from '../kafka/client-name.ts';
import type { OptionSpec } from '../model/options.ts';
import { deadLetterOptionSpecs } from '../sinks/dead-letter-options.ts';

export const millraceSettings: readonly OptionSpec[] = [kafkaClientSetting, ...deadLetterOptionSpecs];

export const deadLetterPrefix = 'millrace.dead-letter.';
