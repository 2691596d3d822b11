/** The sink of the connectors `kafka` and `upsert-kafka`. */
import type { FormatRegistry } from '../kafka/connector-options.ts';
import { type KafkaTable, planKafkaTable } from '../kafka/kafka-table.ts';
import { KafkaProducer } from '../kafka/producer.ts';
import { formatOfPart, type RecordPart, recordFields } from '../kafka/record-part.ts';
import type { ConnectorConfig, ConnectorContext, SinkChangelog, SinkFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Encoder } from '../model/format.ts';
import { sinkRowOf, type TableDefinition } from '../model/table.ts';
import { type DataType, type Field, formatType, types, unitsPerMillisecond } from '../model/types.ts';
import { type KafkaRows, KafkaWriter, type RecordEncoders, type WriterColumns } from './kafka-writer.ts';

type SinkConfig = KafkaTable & Readonly<{ columns: WriterColumns; sinkFields: readonly Field[] }>;

/** The metadata columns that Flink's Kafka connector writes. */
const metadata: ReadonlyMap<string, DataType> = new Map([
  ['headers', types.map(types.string(false), types.bytes(), false)],
  ['timestamp', types.timestampLtz(3, false)],
]);

export function kafkaSinkFactory(formats: FormatRegistry): SinkFactory {
  return {
    deliveryGuarantee:
      'At-least-once: every row before a checkpoint is on all in-sync replicas when the checkpoint completes; after a failure the rows since the last checkpoint are written again.',
    changelog: (table) => changelogOf(table, formats),
    metadata,
    plan: (table, ctx) => plan(table, formats, ctx),
    writer: (config, ctx) => {
      const table = config as SinkConfig;
      const { topics, partitioner, columns, sinkFields, upsert } = table;
      const target = { topic: topics[0]!, partitioner, columns, fields: sinkFields, upsert };
      return new KafkaWriter(new KafkaProducer(table.client, ctx.now), createEncoders(table, formats), target, ctx);
    },
    committer: () => null,
    rowsIn: (committables) => committables.reduce((sum, each) => sum + (each as KafkaRows).rows, 0),
  };
}

function changelogOf({ options }: TableDefinition, formats: FormatRegistry): SinkChangelog {
  if (options.get('connector') === 'upsert-kafka') return 'upsert';
  const name = options.get('value.format') ?? options.get('format') ?? '';
  return formats[name]?.changes === true ? 'retract' : 'insert-only';
}

function plan(definition: TableDefinition, formats: FormatRegistry, ctx: ConnectorContext): ConnectorConfig {
  const table = planKafkaTable(definition, formats, ctx.timeZone);
  if (table.topics.length !== 1) {
    const found = table.topicPattern === null ? `'${table.topics.join(';')}'` : 'a topic-pattern';
    throw new EngineError(
      'INVALID_OPTION',
      `${table.where}: option 'topic': expected one topic to write to, got ${found}`,
    );
  }
  const config: SinkConfig = { ...table, columns: writerColumns(definition, table), sinkFields: sinkRowOf(definition) };
  createEncoders(config, formats); // what they refuse is refused here
  return config;
}

/** Where the columns of a sink's row go. */
function writerColumns(definition: TableDefinition, { key, value, where }: KafkaTable): WriterColumns {
  const written = definition.columns.filter(
    (column) => column.kind === 'physical' || (column.kind === 'metadata' && !column.virtual),
  );
  const placesOf = (part: RecordPart): number[] =>
    part.columns.map(({ name }) => written.findIndex((column) => column.name === name));
  const indexOf = (key: string): number | null => {
    const index = written.findIndex((column) => column.kind === 'metadata' && column.key === key);
    return index < 0 ? null : index;
  };
  for (const column of written) {
    if (column.kind !== 'metadata') continue;
    const expected = metadata.get(column.key);
    if (expected !== undefined && isWritable(expected, column.type)) continue;
    const what = expected === undefined ? `'${column.key}' can't be written` : `expected ${formatType(expected)}`;
    throw new EngineError('SQL_VALIDATION', `${where}: metadata column '${column.name}': ${what}`, {
      hint: 'Declare it VIRTUAL: then it is only read.',
    });
  }
  return {
    key: key === null ? null : placesOf(key),
    value: placesOf(value),
    timestamp: indexOf('timestamp'),
    headers: indexOf('headers'),
  };
}

/** Nullability does not count, at any depth; times have to be in ms. */
function isWritable(expected: DataType, type: DataType): boolean {
  if (expected.kind === 'timestamp_ltz')
    return type.kind === expected.kind && unitsPerMillisecond(type.precision) === 1;
  const shape = (each: DataType): string => formatType(each).replaceAll(' NOT NULL', '');
  return shape(expected) === shape(type);
}

function createEncoders(table: KafkaTable, formats: FormatRegistry): RecordEncoders {
  const encoderOf = (part: RecordPart, name: string): Encoder => {
    const { format, options } = formatOfPart(part, formats);
    if (format.createEncoder === undefined) {
      throw new EngineError('UNSUPPORTED', `${table.where}: format '${format.name}' can't be written`);
    }
    const subject = `${table.topics[0]}-${name}`;
    return format.createEncoder({ fields: recordFields(part), options, timeZone: table.timeZone, subject });
  };
  return {
    key: table.key === null ? null : encoderOf(table.key, 'key'),
    value: encoderOf(table.value, 'value'),
  };
}
