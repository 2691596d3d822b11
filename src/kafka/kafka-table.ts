import { EngineError } from '../model/errors.ts';
import { checkOptions, type Options } from '../model/options.ts';
import { formatPath, type TableDefinition } from '../model/table.ts';
import type { Field } from '../model/types.ts';
import { type ClientConfig, clientConfig } from './client-config.ts';
import type { KafkaClientName } from './client-name.ts';
import {
  type FormatRegistry,
  type KafkaConnectorName,
  kafkaConnectorSpecs,
  prefixedOptions,
  unbuiltOptions,
} from './connector-options.ts';
import { librdkafkaConfig } from './librdkafka-config.ts';
import type { LibrdkafkaConfig } from './librdkafka-protocol.ts';
import { type OffsetMode, offsetMode } from './offset-mode.ts';
import { kafkaProperties } from './properties.ts';
import {
  type ChosenFormat,
  chosenFormat,
  keyColumns,
  type RecordPart,
  recordPart,
  wrongFormat,
} from './record-part.ts';

/** A table of the connector `kafka` or `upsert-kafka`, checked. Plain data. */
export type KafkaTable = Readonly<{
  /** Begins each message about it. */
  where: string;
  topics: readonly string[];
  topicPattern: string | null;
  client: ClientConfig;
  /** Settings of librdkafka, where it reads the table; null: the native client does. */
  librdkafka: LibrdkafkaConfig | null;
  /** null: keys are neither read nor written. */
  key: RecordPart | null;
  value: RecordPart;
  /** Records are the newest row by key; one without a value deletes. */
  upsert: boolean;
  timeZone: string;
  startup: OffsetMode;
  /** null: without end. */
  bounded: OffsetMode | null;
  discoveryIntervalMs: number | null;
  partitioner: 'default' | 'fixed' | 'round-robin';
}>;

type Chosen = Readonly<{ key: ChosenFormat | null; value: ChosenFormat }>;

const defaultDiscoveryMs = 5 * 60_000;

/** Checks the options of a table. EngineError INVALID_OPTION, or UNSUPPORTED for what Flink has and we have not. `reads`: who reads it. */
export function planKafkaTable(
  table: TableDefinition,
  formats: FormatRegistry,
  timeZone: string,
  reads: KafkaClientName = 'native',
): KafkaTable {
  const name: KafkaConnectorName = table.options.get('connector') === 'upsert-kafka' ? 'upsert-kafka' : 'kafka';
  const upsert = name === 'upsert-kafka';
  const where = `table ${formatPath(table.path)}, connector '${name}'`;
  refuseUnbuilt(table, where);
  const chosen = upsert ? upsertFormats(table, formats, where) : kafkaFormats(table, formats, where);
  const specs = [chosen.key, chosen.value].flatMap((each) =>
    each === null ? [] : prefixedOptions(each.format, each.prefix),
  );
  const options = checkOptions(table.options, [...kafkaConnectorSpecs[name], ...specs], where);
  const properties = options.map('properties.');
  const client = clientConfig(reads === 'native' ? properties : nativeOf(properties), where);
  const planned: KafkaTable = {
    where,
    topics: options.list('topic'),
    topicPattern: options.optionalString('topic-pattern') ?? null,
    client,
    librdkafka: reads === 'native' ? null : librdkafkaConfig(properties, client),
    ...partsOf(table, chosen, upsert ? table.primaryKey : options.list('key.fields'), options, where),
    upsert,
    timeZone,
    startup: upsert ? { kind: 'earliest' } : offsetMode(options, 'startup', where)!,
    bounded: offsetMode(options, 'bounded', where),
    discoveryIntervalMs: upsert
      ? defaultDiscoveryMs
      : options.number('scan.topic-partition-discovery.interval') || null,
    partitioner: upsert ? 'default' : (options.string('sink.partitioner') as KafkaTable['partitioner']),
  };
  checkTopics(planned);
  checkWriting(planned, options);
  return planned;
}

/** The native client finds topics and positions for librdkafka, which checks by itself what only it knows. */
function nativeOf(properties: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const known = new Set(kafkaProperties.map(({ key }) => key));
  return new Map([...properties].filter(([key]) => known.has(`properties.${key}`)));
}

function partsOf(
  table: TableDefinition,
  { key, value }: Chosen,
  keyNames: readonly string[],
  options: Options,
  where: string,
): { key: RecordPart | null; value: RecordPart } {
  const fields = physicalFields(table);
  if (key === null && keyNames.length > 0) {
    throw wrong(where, 'key.fields', "a 'key.format' with it", 'none');
  }
  if (key !== null && keyNames.length === 0) {
    throw wrong(where, 'key.format', "columns of the key in 'key.fields' with it", 'none');
  }
  const prefix = options.string('key.fields-prefix');
  const includesKey = options.string('value.fields-include') === 'ALL';
  if (prefix !== '' && includesKey) {
    throw wrong(where, 'key.fields-prefix', "'value.fields-include' to be 'EXCEPT_KEY' with a prefix", "'ALL'");
  }
  const inKey = key === null ? [] : keyColumns(keyNames, fields, prefix, where);
  const inValue = includesKey ? fields : fields.filter((field) => !inKey.includes(field));
  return {
    key: key === null ? null : recordPart(key, options, inKey, prefix),
    value: recordPart(value, options, inValue, ''),
  };
}

function physicalFields(table: TableDefinition): readonly Field[] {
  return table.columns.filter((column) => column.kind === 'physical').map(({ name, type }) => ({ name, type }));
}

function kafkaFormats({ options }: TableDefinition, formats: FormatRegistry, where: string): Chosen {
  if (options.has('format') && options.has('value.format')) {
    throw new EngineError('INVALID_OPTION', `${where}: expected one of 'format' and 'value.format', got both`);
  }
  const value =
    chosenFormat(options, 'value.format', formats, where) ?? chosenFormat(options, 'format', formats, where);
  if (value === null) throw wrongFormat('format', formats, 'none', where);
  const key = chosenFormat(options, 'key.format', formats, where);
  refuseChanges('key.format', key, where);
  return { key, value };
}

function upsertFormats({ options, primaryKey }: TableDefinition, formats: FormatRegistry, where: string): Chosen {
  if (primaryKey.length === 0) {
    throw new EngineError('SQL_VALIDATION', `${where}: expected a PRIMARY KEY, found none`, {
      hint: 'It says which columns are the key of a record, by which rows are updated and deleted: PRIMARY KEY (…) NOT ENFORCED.',
    });
  }
  const [key, value] = ['key.format', 'value.format'].map((name) => {
    const chosen = chosenFormat(options, name, formats, where);
    if (chosen === null) throw wrongFormat(name, formats, 'none', where);
    refuseChanges(name, chosen, where);
    return chosen;
  });
  return { key: key!, value: value! };
}

/** What kind of change a record is, its key and the lack of a value say. */
function refuseChanges(option: string, chosen: ChosenFormat | null, where: string): void {
  if (chosen?.format.changes !== true) return;
  throw wrong(where, option, 'a format of inserts only', `'${chosen.format.name}'`);
}

function refuseUnbuilt(table: TableDefinition, where: string): void {
  for (const key of table.options.keys()) {
    const why = unbuiltOptions[key];
    if (why !== undefined) throw new EngineError('UNSUPPORTED', `${where}: option '${key}': ${why}`);
  }
  if (table.partitionedBy.length > 0) throw new EngineError('UNSUPPORTED', `${where}: PARTITIONED BY is not built`);
}

function wrong(where: string, key: string, expected: string, got: string): EngineError {
  return new EngineError('INVALID_OPTION', `${where}: option '${key}': expected ${expected}, got ${got}`);
}

function checkWriting({ partitioner, key, upsert, where }: KafkaTable, options: Options): void {
  if (partitioner === 'round-robin' && key !== null) {
    throw wrong(where, 'sink.partitioner', "'round-robin' only without 'key.fields'", 'both');
  }
  if (upsert) checkBuffer(options, where);
  if (options.string('sink.delivery-guarantee') !== 'exactly-once') return;
  throw new EngineError('UNSUPPORTED', `${where}: option 'sink.delivery-guarantee' = 'exactly-once' is not built`, {
    hint: 'Leave it out for at-least-once, or write to an Iceberg table, which is exactly-once.',
  });
}

/** Flink refuses one without the other as well. */
function checkBuffer(options: Options, where: string): void {
  const [rows, interval] = [options.number('sink.buffer-flush.max-rows'), options.number('sink.buffer-flush.interval')];
  if (rows > 0 === interval > 0) return;
  throw wrong(
    where,
    'sink.buffer-flush.max-rows',
    "both it and 'sink.buffer-flush.interval' above 0, or neither",
    'one',
  );
}

function checkTopics({ topics, topicPattern, startup, bounded, where }: KafkaTable): void {
  if ((topics.length === 0) === (topicPattern === null)) {
    throw wrong(where, 'topic', "one of 'topic' and 'topic-pattern'", topics.length === 0 ? 'neither' : 'both');
  }
  const specific = startup.kind === 'specific' ? 'startup' : bounded?.kind === 'specific' ? 'bounded' : null;
  if (specific !== null && topics.length !== 1) {
    throw wrong(
      where,
      `scan.${specific}.mode`,
      'a single topic with specific-offsets',
      `${topics.length || 'a pattern'}`,
    );
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
