/** Flink's options of the JSON format (JsonFormatOptions), and what they say together. */
import { EngineError } from '../model/errors.ts';
import type { OptionSpec, Options } from '../model/options.ts';

export const jsonOptionSpecs: readonly OptionSpec[] = [
  {
    key: 'fail-on-missing-field',
    kind: 'boolean',
    default: 'false',
    description: 'Whether a record without one of the fields is bad. Otherwise the field is NULL.',
  },
  {
    key: 'ignore-parse-errors',
    kind: 'boolean',
    default: 'false',
    description: 'A field that cannot be read becomes NULL and a record that is no JSON is skipped, without trace.',
  },
  {
    key: 'timestamp-format.standard',
    kind: 'enum',
    values: ['SQL', 'ISO-8601'],
    default: 'SQL',
    description:
      "The text of timestamps: '2020-12-30 12:13:14.123' or '2020-12-30T12:13:14.123'; with a Z for TIMESTAMP_LTZ.",
  },
  {
    key: 'map-null-key.mode',
    kind: 'enum',
    values: ['FAIL', 'DROP', 'LITERAL'],
    default: 'FAIL',
    description: 'What writing a MAP with a NULL key does: fail, leave the entry out, or write map-null-key.literal.',
  },
  {
    key: 'map-null-key.literal',
    kind: 'string',
    default: 'null',
    description: 'The name that stands for a NULL key with map-null-key.mode LITERAL.',
  },
  {
    key: 'encode.decimal-as-plain-number',
    kind: 'boolean',
    default: 'false',
    description: 'Whether decimals are never written with an exponent: 0.000000027 instead of 2.7E-8.',
  },
  {
    key: 'encode.ignore-null-fields',
    kind: 'boolean',
    default: 'false',
    description: 'Whether fields that are NULL are left out.',
  },
  {
    key: 'decode.json-parser.enabled',
    kind: 'boolean',
    default: 'true',
    withoutEffect: true,
    description: "Flink's choice of parser.",
  },
];

/** How timestamps look: `SQL` or `ISO-8601`. */
export type TimestampStandard = 'SQL' | 'ISO-8601';

export type JsonReadOptions = Readonly<{
  failOnMissingField: boolean;
  ignoreParseErrors: boolean;
  timestampStandard: TimestampStandard;
}>;

/** Flink refuses the two together as well. */
export function jsonReadOptions(options: Options): JsonReadOptions {
  const failOnMissingField = options.boolean('fail-on-missing-field');
  const ignoreParseErrors = options.boolean('ignore-parse-errors');
  if (failOnMissingField && ignoreParseErrors) {
    throw new EngineError(
      'INVALID_OPTION',
      "format 'json': expected at most one of 'fail-on-missing-field' and 'ignore-parse-errors' to be true, got both",
    );
  }
  return {
    failOnMissingField,
    ignoreParseErrors,
    timestampStandard: options.string('timestamp-format.standard') as TimestampStandard,
  };
}
