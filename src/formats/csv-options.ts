/** Flink's options of the CSV format (CsvFormatOptions), and what they say together. */
import { EngineError } from '../model/errors.ts';
import type { OptionSpec, Options } from '../model/options.ts';

export const csvOptionSpecs: readonly OptionSpec[] = [
  {
    key: 'field-delimiter',
    kind: 'string',
    default: ',',
    description: 'The character between fields; `\\t` for a tab.',
  },
  {
    key: 'disable-quote-character',
    kind: 'boolean',
    default: 'false',
    description: 'Whether no character encloses fields; quote-character is not set then.',
  },
  { key: 'quote-character', kind: 'string', description: "The character that encloses fields; '\"' unless set." },
  { key: 'escape-character', kind: 'string', description: 'The character that escapes the next; none unless set.' },
  { key: 'null-literal', kind: 'string', description: 'The text that stands for NULL; none unless set.' },
  {
    key: 'array-element-delimiter',
    kind: 'string',
    default: ';',
    description: 'What stands between the elements of an ARRAY and the fields of a ROW.',
  },
  {
    key: 'allow-comments',
    kind: 'boolean',
    default: 'false',
    description: "Whether lines that begin with '#' are left out.",
  },
  {
    key: 'ignore-parse-errors',
    kind: 'boolean',
    default: 'false',
    description: 'A field that cannot be read becomes NULL and a record that is no CSV is skipped, without trace.',
  },
  {
    key: 'write-bigdecimal-in-scientific-notation',
    kind: 'boolean',
    default: 'true',
    description: 'Whether small decimals are written with an exponent: 1E-7.',
  },
];

/** Characters are ASCII codes; −1 where there is none. */
export type CsvRules = Readonly<{
  delimiter: number;
  quote: number;
  escapeCode: number;
  nullLiteral: string | null;
  elementDelimiter: string;
  allowComments: boolean;
  ignoreParseErrors: boolean;
  scientificDecimals: boolean;
}>;

export function csvRules(options: Options): CsvRules {
  const disabled = options.boolean('disable-quote-character');
  if (disabled && options.has('quote-character')) {
    throw new EngineError(
      'INVALID_OPTION',
      "format 'csv': expected at most one of 'quote-character' and 'disable-quote-character' to be set, got both",
    );
  }
  const elementDelimiter = options.string('array-element-delimiter');
  if (elementDelimiter.length !== 1) throw notOneCharacter('array-element-delimiter', elementDelimiter);
  return {
    delimiter: asciiCode('field-delimiter', unescaped(options.string('field-delimiter'))),
    quote: disabled ? -1 : asciiCode('quote-character', options.optionalString('quote-character') ?? '"'),
    escapeCode: options.has('escape-character')
      ? asciiCode('escape-character', options.string('escape-character'))
      : -1,
    nullLiteral: options.optionalString('null-literal') ?? null,
    elementDelimiter,
    allowComments: options.boolean('allow-comments'),
    ignoreParseErrors: options.boolean('ignore-parse-errors'),
    scientificDecimals: options.boolean('write-bigdecimal-in-scientific-notation'),
  };
}

const javaEscapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', b: '\b', '\\': '\\' };

/** Of StringEscapeUtils.unescapeJava what makes one character. */
function unescaped(text: string): string {
  const unicode = /^\\u+([0-9a-fA-F]{4})$/.exec(text);
  if (unicode !== null) return String.fromCharCode(Number.parseInt(unicode[1]!, 16));
  return text.length === 2 && text[0] === '\\' ? (javaEscapes[text[1]!] ?? text[1]!) : text;
}

function asciiCode(key: string, text: string): number {
  if (text.length !== 1) throw notOneCharacter(key, text);
  const code = text.charCodeAt(0);
  if (code < 0x80) return code;
  throw new EngineError('UNSUPPORTED', `format 'csv': option 'csv.${key}': expected an ASCII character, got '${text}'`);
}

function notOneCharacter(key: string, text: string): EngineError {
  return new EngineError('INVALID_OPTION', `format 'csv': option 'csv.${key}': expected one character, got '${text}'`);
}
