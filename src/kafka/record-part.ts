/** Key and value of a record: which columns of the table are in which, and by which format. Flink's KafkaConnectorOptionsUtil. */
import { EngineError } from '../model/errors.ts';
import type { Format } from '../model/format.ts';
import { Options } from '../model/options.ts';
import type { Field } from '../model/types.ts';
import type { FormatRegistry } from './connector-options.ts';

/** Plain data. */
export type RecordPart = Readonly<{
  formatName: string;
  /** Values of the format's options, for `new Options`. */
  formatOptions: ReadonlyMap<string, unknown>;
  /** Of the table, in the order that the record has them. */
  columns: readonly Field[];
  /** What their names have before those in the record. */
  prefix: string;
}>;

/** A format, and what its options have before their names. */
export type ChosenFormat = Readonly<{ format: Format; prefix: string }>;

/** The format that an option names, if it is there. */
export function chosenFormat(
  options: ReadonlyMap<string, string>,
  key: string,
  formats: FormatRegistry,
  where: string,
): ChosenFormat | null {
  const name = options.get(key);
  if (name === undefined) return null;
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format !== undefined) return { format, prefix: `${key.slice(0, -'format'.length)}${name}.` };
  throw wrongFormat(key, formats, `'${name}'`, where);
}

export function wrongFormat(key: string, formats: FormatRegistry, found: string, where: string): EngineError {
  const known = Object.keys(formats).map((each) => `'${each}'`);
  return new EngineError(
    'INVALID_OPTION',
    `${where}: option '${key}': expected one of ${known.join(', ')}, got ${found}`,
  );
}

export function recordPart(
  { format, prefix }: ChosenFormat,
  options: Options,
  columns: readonly Field[],
  namePrefix: string,
): RecordPart {
  const values = format.options.map(({ key }) => [key, options.entries().get(prefix + key)] as const);
  return { formatName: format.name, formatOptions: new Map(values), columns, prefix: namePrefix };
}

/** The columns of the key: those that are named, with a prefix that the record does not have. */
export function keyColumns(
  names: readonly string[],
  fields: readonly Field[],
  prefix: string,
  where: string,
): readonly Field[] {
  return names.map((name) => {
    const field = fields.find((each) => each.name === name);
    if (field === undefined) {
      const known = fields.map((each) => each.name).join(', ');
      const expected = `option 'key.fields': expected physical columns of the table (${known})`;
      throw new EngineError('INVALID_OPTION', `${where}: ${expected}, got '${name}'`);
    }
    if (name.startsWith(prefix)) return field;
    throw new EngineError(
      'INVALID_OPTION',
      `${where}: option 'key.fields-prefix': expected every column of the key to begin with '${prefix}', got '${name}'`,
    );
  });
}

/** The names that the record has. */
export function recordFields({ columns, prefix }: RecordPart): readonly Field[] {
  return columns.map((field) => ({ ...field, name: field.name.slice(prefix.length) }));
}

/** The format of a part, and its options. */
export function formatOfPart(part: RecordPart, formats: FormatRegistry): { format: Format; options: Options } {
  return { format: formats[part.formatName]!, options: new Options(part.formatOptions) };
}
