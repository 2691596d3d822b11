/** The options of the connector `filesystem`, shared by its source and its sink, and the choice of a format among them. */
import { EngineError } from '../model/errors.ts';
import type { Format } from '../model/format.ts';
import { checkOptions, type OptionSpec, Options } from '../model/options.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';
import type { Field } from '../model/types.ts';
import { csvRules } from './csv-options.ts';

export type FormatRegistry = Readonly<Record<string, Format>>;

const ownSpecs: readonly OptionSpec[] = [
  { key: 'connector', kind: 'enum', values: ['filesystem'], required: true, description: "'filesystem'." },
  {
    key: 'path',
    kind: 'string',
    required: true,
    description: 'A file or a directory: a path, or file:///…. Files whose names begin with . or _ are left out.',
  },
  { key: 'format', kind: 'string', required: true, description: 'How a line is a record.' },
  {
    key: 'source.monitor-interval',
    kind: 'duration',
    min: 1,
    description: 'How often the directory is looked through for new files. Unset: once, and the source ends.',
  },
  {
    key: 'source.path.regex-pattern',
    kind: 'string',
    description: 'A regular expression that the whole absolute path of a file has to match.',
  },
  {
    key: 'source.report-statistics',
    kind: 'enum',
    values: ['all', 'none'],
    default: 'all',
    withoutEffect: true,
    description: "A hint for Flink's optimizer.",
  },
  {
    key: 'sink.rolling-policy.file-size',
    kind: 'memory',
    default: '128 mb',
    min: 1,
    description: 'The size from which a part file is closed and another begun.',
  },
  {
    key: 'sink.rolling-policy.rollover-interval',
    kind: 'duration',
    default: '30 min',
    withoutEffect: true,
    description: 'Part files are closed at each checkpoint.',
  },
  {
    key: 'sink.rolling-policy.check-interval',
    kind: 'duration',
    default: '1 min',
    withoutEffect: true,
    description: 'Part files are closed at each checkpoint.',
  },
];

/** All of them, those of the formats with their prefix. */
export function fileOptionSpecs(formats: FormatRegistry): readonly OptionSpec[] {
  return [...ownSpecs, ...Object.values(formats).flatMap(prefixed)];
}

function prefixed(format: Format): OptionSpec[] {
  return format.options.map((spec) => ({ ...spec, key: `${format.name}.${spec.key}` }));
}

/** A table of files, checked. Plain data. */
export type FileTable = Readonly<{
  where: string;
  path: string;
  formatName: string;
  /** Values of the format's options, for `new Options`. */
  formatOptions: ReadonlyMap<string, unknown>;
  /** All physical columns. */
  fields: readonly Field[];
  monitorIntervalMs: number | null;
  pathPattern: string | null;
  rollingFileSize: number;
}>;

export function planFileTable(table: TableDefinition, formats: FormatRegistry): FileTable {
  const where = `table ${formatPath(table.path)}, connector 'filesystem'`;
  if (table.partitionedBy.length > 0) {
    throw new EngineError('UNSUPPORTED', `${where}: PARTITIONED BY (${table.partitionedBy.join(', ')}) is not built`, {
      hint: 'Write to an Iceberg table for partitions, or leave the clause out.',
    });
  }
  const format = formatOf(table, formats, where);
  const options = checkOptions(table.options, [...ownSpecs, ...prefixed(format)], where);
  const fields = table.columns.filter((column) => column.kind === 'physical').map(({ name, type }) => ({ name, type }));
  return {
    where,
    path: options.string('path'),
    formatName: format.name,
    formatOptions: new Map(
      format.options.map(({ key }) => [key, options.entries().get(`${format.name}.${key}`)] as const),
    ),
    fields,
    monitorIntervalMs: options.optionalNumber('source.monitor-interval') ?? null,
    pathPattern: options.optionalString('source.path.regex-pattern') ?? null,
    rollingFileSize: options.number('sink.rolling-policy.file-size'),
  };
}

function formatOf(table: TableDefinition, formats: FormatRegistry, where: string): Format {
  const name = table.options.get('format');
  const format = name !== undefined && Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format?.lines === false) {
    throw new EngineError('UNSUPPORTED', `${where}: option 'format': files of '${name}' are not built`, {
      hint: 'Its records are not lines. Use json, csv or raw for files, or keep the records in Kafka.',
    });
  }
  if (format !== undefined) return format;
  const known = Object.keys(formats).map((key) => `'${key}'`);
  throw new EngineError(
    'INVALID_OPTION',
    `${where}: option 'format': expected one of ${known.join(', ')}, got ${name === undefined ? 'none' : `'${name}'`}`,
  );
}

export function formatOptionsOf(table: FileTable): Options {
  return new Options(table.formatOptions);
}

/** The byte between an odd number of which a line feed ends no record; −1: every line is a record. */
export function recordQuoteOf(table: FileTable): number {
  return table.formatName === 'csv' ? csvRules(formatOptionsOf(table)).quote : -1;
}

/** What help and docs say of the connector. */
export const filesystemDescription = {
  name: 'filesystem',
  description:
    'Files of lines: read once or watched for new ones, written as part files that appear whole with the checkpoint that they belong to.',
  example: `CREATE TABLE events (
  user_id STRING,
  amount DECIMAL(10, 2),
  ts TIMESTAMP(3),
  origin STRING METADATA FROM 'file.name' VIRTUAL
) WITH (
  'connector' = 'filesystem',
  'path' = 'data/events',
  'format' = 'json'
)`,
  portable: true,
} as const;
