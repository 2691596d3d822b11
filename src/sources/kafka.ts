/** The source of the connector `kafka`, over either client. A split is a partition; its position is the next offset to read. */

import { type KafkaClientName, kafkaClientSetting } from '../kafka/client-name.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import type { FormatRegistry } from '../kafka/connector-options.ts';
import { formatOfTable, type KafkaTable, planKafkaTable } from '../kafka/kafka-table.ts';
import { LibrdkafkaFetcher } from '../kafka/librdkafka-fetcher.ts';
import { probeLibrdkafka } from '../kafka/librdkafka-process.ts';
import type { FetcherEvents, PartitionFetcher } from '../kafka/partition-fetcher.ts';
import { RecordFetcher } from '../kafka/record-fetcher.ts';
import { RetryWarnings } from '../kafka/retry-warnings.ts';
import type { ConnectorConfig, ConnectorContext, SourceFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Decoder } from '../model/format.ts';
import type { ScanColumn } from '../model/plan.ts';
import type { ReaderContext } from '../model/source.ts';
import { StringPool } from '../model/string-pool.ts';
import type { TableDefinition } from '../model/table.ts';
import { formatType, sameType } from '../model/types.ts';
import { KafkaEnumerator, partitionsOf } from './kafka-enumerator.ts';
import { kafkaMetadata } from './kafka-metadata.ts';
import { KafkaReader } from './kafka-reader.ts';

export function kafkaSourceFactory(formats: FormatRegistry): SourceFactory {
  return {
    metadata: kafkaMetadata,
    plan: (table, columns, ctx) => plan(table, columns, formats, ctx),
    bounded: (config) => (config as KafkaTable).bounded !== null,
    maxParallelism: (config) => usableSubtasks(config as KafkaTable),
    enumerator: (config) => new KafkaEnumerator(config as KafkaTable),
    reader: (config, ctx) => {
      const table = config as KafkaTable;
      return new KafkaReader(ctx, {
        fetcher: createFetcher(table, ctx),
        checkCrcs: table.librdkafka === null && table.client.consumer.checkCrcs, // librdkafka has checked them itself
        decoder: createDecoder(table, formats, ctx),
        nullIsRow: table.formatName === 'raw',
      });
    },
  };
}

function createFetcher({ where, client, librdkafka }: KafkaTable, ctx: ReaderContext): PartitionFetcher {
  const warnings = new RetryWarnings(where, ctx.now, ctx.warn);
  const events: FetcherEvents = {
    onRetry: (reason) => {
      ctx.counters.add('sourceRetries', 1);
      warnings.retried(reason);
    },
    onReset: () => ctx.counters.add('offsetResets', 1),
  };
  const cluster = new KafkaCluster(client);
  return librdkafka === null ? new RecordFetcher(cluster, events) : new LibrdkafkaFetcher(librdkafka, cluster, events);
}

function plan(
  definition: TableDefinition,
  columns: readonly ScanColumn[],
  formats: FormatRegistry,
  ctx: ConnectorContext,
): ConnectorConfig {
  const client = ctx.settings?.optionalString(kafkaClientSetting.key) ?? kafkaClientSetting.default;
  const table = planKafkaTable(definition, formats, ctx.timeZone, client as KafkaClientName);
  checkGroup(table);
  for (const column of columns) if (column.kind === 'metadata') checkMetadata(column, table, ctx);
  createDecoder(table, formats, { columns, pool: new StringPool(), batchRows: 1 }); // what it refuses is refused here
  return table;
}

/** `group-offsets` is Flink's default mode, and means nothing without a group. */
function checkGroup({ startup, bounded, client, where }: KafkaTable): void {
  if (client.consumer.groupId !== null) return;
  const startsByGroup = startup.kind === 'group' && client.consumer.autoOffsetReset === 'none';
  if (!startsByGroup && bounded?.kind !== 'group') return;
  const key = startsByGroup ? 'scan.startup.mode' : 'scan.bounded.mode';
  throw new EngineError('INVALID_OPTION', `${where}: option '${key}': 'group-offsets' needs 'properties.group.id'`, {
    hint: startsByGroup
      ? "It is the default. Set 'scan.startup.mode' = 'earliest-offset' or 'latest-offset', or a group."
      : undefined,
  });
}

type MetadataColumn = ScanColumn & { kind: 'metadata' };

function checkMetadata(column: MetadataColumn, { where, librdkafka }: KafkaTable, ctx: ConnectorContext): void {
  const offered = kafkaMetadata.get(column.key);
  if (offered !== undefined && sameType(offered, column.type, { ignoreNullability: true })) {
    if (librdkafka !== null) checkLibrdkafkaMetadata(column.key, where, ctx);
    return;
  }
  const expected = offered === undefined ? `one of ${[...kafkaMetadata.keys()].join(', ')}` : formatType(offered);
  const found = offered === undefined ? `'${column.key}'` : formatType(column.type);
  throw new EngineError('SQL_VALIDATION', `${where}: metadata '${column.key}': expected ${expected}, got ${found}`);
}

/** What its binding for Node leaves out of a record. */
function checkLibrdkafkaMetadata(key: string, where: string, ctx: ConnectorContext): void {
  if (key === 'timestamp-type') {
    throw new EngineError('UNSUPPORTED', `${where}: metadata 'timestamp-type': librdkafka's binding does not give it`, {
      hint: "Leave the column out, or SET 'millrace.kafka.client' = 'native'.",
    });
  }
  if (key === 'headers')
    ctx.warn(`${where}: metadata 'headers': librdkafka's binding gives a null value as an empty one`);
}

type DecoderParts = Readonly<{ columns: readonly ScanColumn[]; pool: StringPool; batchRows: number }>;

function createDecoder(table: KafkaTable, formats: FormatRegistry, parts: DecoderParts): Decoder {
  const { format, options } = formatOfTable(table, formats);
  if (format.createDecoder === undefined) {
    throw new EngineError('UNSUPPORTED', `${table.where}: format '${format.name}' can't be read`);
  }
  return format.createDecoder({
    columns: parts.columns.filter((column): column is ScanColumn & { kind: 'physical' } => column.kind === 'physical'),
    table: table.fields,
    options,
    pool: parts.pool,
    batchRows: parts.batchRows,
    timeZone: table.timeZone,
  });
}

/** As many as there are partitions. What keeps librdkafka from being used is found out here, before anything runs. */
async function usableSubtasks(table: KafkaTable): Promise<number> {
  if (table.librdkafka !== null) await probeLibrdkafka(table.librdkafka);
  const cluster = new KafkaCluster(table.client);
  try {
    return Math.max(1, (await partitionsOf(cluster, table)).length);
  } finally {
    cluster.close();
  }
}
