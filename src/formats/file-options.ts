/** The options of the connector `filesystem`, shared by its source and its sink, and the choice of a format among them. */
import { EngineError } from '../model/errors.ts';
import type { Format } from '../model/format.ts';
import { checkOptions, type OptionSpec, Options } from '../model/options.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';
import type { Field } from '../model/types.ts';
import { csvRules } from './csv-options.ts';
import { textConverter } from './text-convert.ts';

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
    key: 'partition.default-name',
    kind: 'string',
    default: '__DEFAULT_PARTITION__',
    description: 'The directory of rows whose value of a partition column is NULL or empty.',
  },
  {
    key: 'sink.partition-commit.policy.kind',
    kind: 'enum',
    values: ['success-file'],
    description: 'success-file: a partition that is complete gets an empty file, when the next checkpoint is durable.',
  },
  {
    key: 'sink.partition-commit.success-file.name',
    kind: 'string',
    default: '_SUCCESS',
    description: 'The name of that file.',
  },
  {
    key: 'sink.partition-commit.trigger',
    kind: 'enum',
    values: ['process-time', 'partition-time'],
    default: 'process-time',
    description:
      'When a partition is complete. process-time: whenever it has got files. partition-time: when the watermark has passed its time and the delay.',
  },
  {
    key: 'sink.partition-commit.delay',
    kind: 'duration',
    min: 0,
    default: '0 s',
    description:
      'How far the watermark has to be behind the time of a partition: its length, as a rule. For partition-time.',
  },
  {
    key: 'partition.time-extractor.kind',
    kind: 'enum',
    values: ['default'],
    default: 'default',
    description: 'How the time of a partition comes of its columns: by the pattern. Java classes are not loaded.',
  },
  {
    key: 'partition.time-extractor.timestamp-pattern',
    kind: 'string',
    description:
      "The time of a partition, with $column for the text of a column: '$day $hour:00:00'. Unset: the first column.",
  },
  {
    key: 'sink.partition-commit.watermark-time-zone',
    kind: 'enum',
    values: ['UTC'],
    default: 'UTC',
    description: 'In which zone the time of a partition is: UTC, as a watermark of TIMESTAMP columns.',
  },
  {
    key: 'auto-compaction',
    kind: 'enum',
    values: ['false'],
    default: 'false',
    description: 'Whether small files of a checkpoint are made one: not built.',
  },
  {
    key: 'sink.shuffle-by-partition.enable',
    kind: 'boolean',
    default: 'false',
    withoutEffect: true,
    description: 'A hint on how many files there are.',
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
  /** Physical columns that files have. */
  fields: readonly Field[];
  /** Columns that directories have. */
  partitions: readonly Field[];
  defaultPartition: string;
  /** The name of the file that says that a partition is committed; null: there is none. */
  successFile: string | null;
  partitionTrigger: 'process-time' | 'partition-time';
  partitionDelayMs: number;
  /** Of a partition's time; null: the first partition column. */
  partitionTimePattern: string | null;
  monitorIntervalMs: number | null;
  pathPattern: string | null;
  rollingFileSize: number;
}>;

export function planFileTable(table: TableDefinition, formats: FormatRegistry): FileTable {
  const where = `table ${formatPath(table.path)}, connector 'filesystem'`;
  const format = formatOf(table, formats, where);
  const options = checkOptions(table.options, [...ownSpecs, ...prefixed(format)], where);
  const physical = table.columns.filter((column) => column.kind === 'physical');
  const all = physical.map(({ name, type }) => ({ name, type }));
  const partitions = table.partitionedBy.map((name) => partitionColumn(name, all, where));
  return {
    where,
    path: options.string('path'),
    formatName: format.name,
    formatOptions: new Map(
      format.options.map(({ key }) => [key, options.entries().get(`${format.name}.${key}`)] as const),
    ),
    fields: all.filter((field) => !partitions.includes(field)),
    partitions,
    defaultPartition: options.string('partition.default-name'),
    successFile:
      options.optionalString('sink.partition-commit.policy.kind') === undefined
        ? null
        : options.string('sink.partition-commit.success-file.name'),
    partitionTrigger: options.string('sink.partition-commit.trigger') as FileTable['partitionTrigger'],
    partitionDelayMs: options.number('sink.partition-commit.delay'),
    partitionTimePattern: options.optionalString('partition.time-extractor.timestamp-pattern') ?? null,
    monitorIntervalMs: options.optionalNumber('source.monitor-interval') ?? null,
    pathPattern: options.optionalString('source.path.regex-pattern') ?? null,
    rollingFileSize: options.number('sink.rolling-policy.file-size'),
  };
}

function partitionColumn(name: string, columns: readonly Field[], where: string): Field {
  const found = columns.find((column) => column.name === name);
  if (found !== undefined && textConverter(found.type) !== null) return found;
  const expected = `PARTITIONED BY: expected a physical column of a type that a directory's name can hold, got '${name}'`;
  throw new EngineError('SQL_VALIDATION', `${where}: ${expected}`);
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
