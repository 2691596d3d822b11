import { EngineError } from '../model/errors.ts';
import type { Format } from '../model/format.ts';
import { checkOptions, Options } from '../model/options.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';
import type { Field } from '../model/types.ts';
import { type ClientConfig, clientConfig } from './client-config.ts';
import type { KafkaClientName } from './client-name.ts';
import { type FormatRegistry, kafkaOwnSpecs, prefixedOptions, unbuiltOptions } from './connector-options.ts';
import { librdkafkaConfig } from './librdkafka-config.ts';
import type { LibrdkafkaConfig } from './librdkafka-protocol.ts';
import { type OffsetMode, offsetMode } from './offset-mode.ts';
import { kafkaProperties } from './properties.ts';

/** A table of the connector `kafka`, checked. Plain data. */
export type KafkaTable = Readonly<{
  /** Begins each message about it. */
  where: string;
  topics: readonly string[];
  topicPattern: string | null;
  client: ClientConfig;
  /** Settings of librdkafka, where it reads the table; null: the native client does. */
  librdkafka: LibrdkafkaConfig | null;
  formatName: string;
  /** Values of the format's options, for `new Options`. */
  formatOptions: ReadonlyMap<string, unknown>;
  /** All physical columns. */
  fields: readonly Field[];
  timeZone: string;
  startup: OffsetMode;
  /** null: without end. */
  bounded: OffsetMode | null;
  discoveryIntervalMs: number | null;
  partitioner: 'default' | 'fixed' | 'round-robin';
}>;

/** Checks the options of a table. EngineError INVALID_OPTION, or UNSUPPORTED for what Flink has and we have not. `reads`: who reads it. */
export function planKafkaTable(
  table: TableDefinition,
  formats: FormatRegistry,
  timeZone: string,
  reads: KafkaClientName = 'native',
): KafkaTable {
  const where = `table ${formatPath(table.path)}, connector 'kafka'`;
  refuseUnbuilt(table, where);
  const { format, prefix } = formatOf(table.options, formats, where);
  const options = checkOptions(table.options, [...kafkaOwnSpecs, ...prefixedOptions(format, prefix)], where);
  const properties = options.map('properties.');
  const client = clientConfig(reads === 'native' ? properties : nativeOf(properties), where);
  const planned: KafkaTable = {
    where,
    topics: options.list('topic'),
    topicPattern: options.optionalString('topic-pattern') ?? null,
    client,
    librdkafka: reads === 'native' ? null : librdkafkaConfig(properties, client),
    formatName: format.name,
    formatOptions: new Map(format.options.map(({ key }) => [key, options.entries().get(prefix + key)] as const)),
    fields: table.columns.filter((column) => column.kind === 'physical').map(({ name, type }) => ({ name, type })),
    timeZone,
    startup: offsetMode(options, 'startup', where)!,
    bounded: offsetMode(options, 'bounded', where),
    discoveryIntervalMs: options.number('scan.topic-partition-discovery.interval') || null,
    partitioner: options.string('sink.partitioner') as KafkaTable['partitioner'],
  };
  checkTopics(planned);
  if (options.string('sink.delivery-guarantee') === 'exactly-once') throw unbuilt('sink.delivery-guarantee', where);
  return planned;
}

/** The native client finds topics and positions for librdkafka, which checks by itself what only it knows. */
function nativeOf(properties: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const known = new Set(kafkaProperties.map(({ key }) => key));
  return new Map([...properties].filter(([key]) => known.has(`properties.${key}`)));
}

/** The format of the table, and its options. */
export function formatOfTable(table: KafkaTable, formats: FormatRegistry): { format: Format; options: Options } {
  return { format: formats[table.formatName]!, options: new Options(table.formatOptions) };
}

function refuseUnbuilt(table: TableDefinition, where: string): void {
  for (const key of table.options.keys()) {
    const why = unbuiltOptions[key];
    if (why !== undefined) throw new EngineError('UNSUPPORTED', `${where}: option '${key}': ${why}`);
  }
  if (table.partitionedBy.length > 0) throw new EngineError('UNSUPPORTED', `${where}: PARTITIONED BY is not built`);
}

function unbuilt(key: string, where: string): EngineError {
  return new EngineError('UNSUPPORTED', `${where}: option '${key}' = 'exactly-once' is not built`, {
    hint: 'Leave it out for at-least-once, or write to an Iceberg table, which is exactly-once.',
  });
}

function checkTopics({ topics, topicPattern, startup, bounded, where }: KafkaTable): void {
  const wrong = (key: string, expected: string, got: string): EngineError =>
    new EngineError('INVALID_OPTION', `${where}: option '${key}': expected ${expected}, got ${got}`);
  if ((topics.length === 0) === (topicPattern === null)) {
    throw wrong('topic', "one of 'topic' and 'topic-pattern'", topics.length === 0 ? 'neither' : 'both');
  }
  const specific = startup.kind === 'specific' ? 'startup' : bounded?.kind === 'specific' ? 'bounded' : null;
  if (specific !== null && topics.length !== 1) {
    throw wrong(`scan.${specific}.mode`, 'a single topic with specific-offsets', `${topics.length || 'a pattern'}`);
  }
  if (topicPattern !== null) topicRegExp(topicPattern, where);
}

/** A pattern as Java's `matches` takes it: the whole name. */
export function topicRegExp(pattern: string, where: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch (cause) {
    const expected = "option 'topic-pattern': expected a regular expression";
    throw new EngineError('INVALID_OPTION', `${where}: ${expected}, got '${pattern}'`, { cause });
  }
}

function formatOf(
  options: ReadonlyMap<string, string>,
  formats: FormatRegistry,
  where: string,
): { format: Format; prefix: string } {
  const key = options.has('value.format') ? 'value.format' : 'format';
  const name = options.get(key);
  if (options.has('format') && key === 'value.format') {
    throw new EngineError('INVALID_OPTION', `${where}: expected one of 'format' and 'value.format', got both`);
  }
  const format = name !== undefined && Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format !== undefined) return { format, prefix: key === 'format' ? `${name}.` : `value.${name}.` };
  const known = Object.keys(formats).map((each) => `'${each}'`);
  const found = name === undefined ? 'none' : `'${name}'`;
  throw new EngineError(
    'INVALID_OPTION',
    `${where}: option '${key}': expected one of ${known.join(', ')}, got ${found}`,
  );
}
