/** The sink of the connector `kafka`. */
import type { FormatRegistry } from '../kafka/connector-options.ts';
import { formatOfTable, type KafkaTable, planKafkaTable } from '../kafka/kafka-table.ts';
import { KafkaProducer } from '../kafka/producer.ts';
import type { ConnectorConfig, ConnectorContext, SinkChangelog, SinkFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Encoder } from '../model/format.ts';
import type { TableDefinition } from '../model/table.ts';
import { type DataType, formatType, types, unitsPerMillisecond } from '../model/types.ts';
import { KafkaWriter, type WriterColumns } from './kafka-writer.ts';

type SinkConfig = KafkaTable & Readonly<{ columns: WriterColumns }>;

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
      const { client, topics, partitioner, columns } = config as SinkConfig;
      const producer = new KafkaProducer(client, ctx.now);
      const encoder = createEncoder(config as SinkConfig, formats);
      return new KafkaWriter(producer, encoder, { topic: topics[0]!, partitioner, columns }, ctx);
    },
    committer: () => null,
  };
}

function changelogOf({ options }: TableDefinition, formats: FormatRegistry): SinkChangelog {
  const name = options.get('value.format') ?? options.get('format') ?? '';
  return formats[name]?.changes === true ? 'all' : 'insert-only';
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
  const config: SinkConfig = { ...table, columns: writerColumns(definition, table.where) };
  createEncoder(config, formats); // what it refuses is refused here
  return config;
}

/** Where the columns of a sink's row go. */
function writerColumns(table: TableDefinition, where: string): WriterColumns {
  const written = table.columns.filter(
    (column) => column.kind === 'physical' || (column.kind === 'metadata' && !column.virtual),
  );
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
    physical: written.flatMap((column, index) => (column.kind === 'physical' ? [index] : [])),
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

function createEncoder(table: KafkaTable, formats: FormatRegistry): Encoder {
  const { format, options } = formatOfTable(table, formats);
  if (format.createEncoder === undefined) {
    throw new EngineError('UNSUPPORTED', `${table.where}: format '${format.name}' can't be written`);
  }
  return format.createEncoder({ fields: table.fields, options, timeZone: table.timeZone });
}
