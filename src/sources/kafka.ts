/** The source of the connector `kafka`, over either client. A split is a partition; its position is the next offset to read. */

import { type KafkaClientName, kafkaClientSetting } from '../kafka/client-name.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import type { FormatRegistry } from '../kafka/connector-options.ts';
import { type KafkaTable, planKafkaTable } from '../kafka/kafka-table.ts';
import { LibrdkafkaFetcher } from '../kafka/librdkafka-fetcher.ts';
import { probeLibrdkafka } from '../kafka/librdkafka-process.ts';
import type { FetcherEvents, PartitionFetcher } from '../kafka/partition-fetcher.ts';
import { RecordFetcher } from '../kafka/record-fetcher.ts';
import { RetryWarnings } from '../kafka/retry-warnings.ts';
import type { ConnectorConfig, ConnectorContext, SourceFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { ScanColumn } from '../model/plan.ts';
import type { ReaderContext } from '../model/source.ts';
import { StringPool } from '../model/string-pool.ts';
import type { TableDefinition } from '../model/table.ts';
import { type DataType, formatType, sameType } from '../model/types.ts';
import { createRecordRows, formatMetadata, formatMetadataKey } from './kafka-decoder.ts';
import { KafkaEnumerator, partitionsOf } from './kafka-enumerator.ts';
import { kafkaMetadata } from './kafka-metadata.ts';
import { KafkaReader } from './kafka-reader.ts';

export function kafkaSourceFactory(formats: FormatRegistry): SourceFactory {
  return {
    metadata: new Map([...kafkaMetadata, ...formatMetadata(Object.values(formats))]),
    plan: (table, columns, ctx) => plan(table, columns, formats, ctx),
    passesNullRowtimes: true,
    bounded: (config) => (config as KafkaTable).bounded !== null,
    maxParallelism: (config) => usableSubtasks(config as KafkaTable),
    enumerator: (config) => new KafkaEnumerator(config as KafkaTable),
    reader: (config, ctx) => {
      const table = config as KafkaTable;
      return new KafkaReader(ctx, {
        fetcher: createFetcher(table, ctx),
        checkCrcs: table.librdkafka === null && table.client.consumer.checkCrcs, // librdkafka has checked them itself
        rows: createRecordRows(table, formats, ctx),
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
  const offered = new Map([...kafkaMetadata, ...formatMetadata([formats[table.value.formatName]!])]);
  for (const column of columns) if (column.kind === 'metadata') checkMetadata(column, offered, table, ctx);
  createRecordRows(table, formats, { columns, pool: new StringPool(), batchRows: 1 }); // what it refuses is refused here
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

function checkMetadata(
  column: MetadataColumn,
  offered: ReadonlyMap<string, DataType>,
  { where, librdkafka }: KafkaTable,
  ctx: ConnectorContext,
): void {
  const type = offered.get(column.key);
  if (type !== undefined && sameType(type, column.type, { ignoreNullability: true })) {
    if (librdkafka !== null && formatMetadataKey(column) === null) checkLibrdkafkaMetadata(column.key, where, ctx);
    return;
  }
  const expected = type === undefined ? `one of ${[...offered.keys()].join(', ')}` : formatType(type);
  const found = type === undefined ? `'${column.key}'` : formatType(column.type);
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
