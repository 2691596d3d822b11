/** The source of the connector `kafka`, over the native client. A split is a partition; its position is the next offset to read. */
import { KafkaCluster } from '../kafka/cluster.ts';
import type { FormatRegistry } from '../kafka/connector-options.ts';
import { formatOfTable, type KafkaTable, planKafkaTable } from '../kafka/kafka-table.ts';
import { RecordFetcher } from '../kafka/record-fetcher.ts';
import { RetryWarnings } from '../kafka/retry-warnings.ts';
import type { ConnectorConfig, ConnectorContext, SourceFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Decoder } from '../model/format.ts';
import type { ScanColumn } from '../model/plan.ts';
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
    maxParallelism: (config) => countPartitions(config as KafkaTable),
    enumerator: (config) => new KafkaEnumerator(config as KafkaTable),
    reader: (config, ctx) => {
      const table = config as KafkaTable;
      const warnings = new RetryWarnings(table.where, ctx.now, ctx.warn);
      const fetcher = new RecordFetcher(new KafkaCluster(table.client), {
        onRetry: (reason) => {
          ctx.counters.add('sourceRetries', 1);
          warnings.retried(reason);
        },
        onReset: () => ctx.counters.add('offsetResets', 1),
      });
      return new KafkaReader(ctx, {
        fetcher,
        checkCrcs: table.client.consumer.checkCrcs,
        decoder: createDecoder(table, formats, ctx),
        nullIsRow: table.formatName === 'raw',
      });
    },
  };
}

function plan(
  definition: TableDefinition,
  columns: readonly ScanColumn[],
  formats: FormatRegistry,
  ctx: ConnectorContext,
): ConnectorConfig {
  const table = planKafkaTable(definition, formats, ctx.timeZone);
  checkGroup(table);
  for (const column of columns) if (column.kind === 'metadata') checkMetadata(column, table.where);
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

function checkMetadata(column: ScanColumn & { kind: 'metadata' }, where: string): void {
  const offered = kafkaMetadata.get(column.key);
  if (offered !== undefined && sameType(offered, column.type, { ignoreNullability: true })) return;
  const expected = offered === undefined ? `one of ${[...kafkaMetadata.keys()].join(', ')}` : formatType(offered);
  const found = offered === undefined ? `'${column.key}'` : formatType(column.type);
  throw new EngineError('SQL_VALIDATION', `${where}: metadata '${column.key}': expected ${expected}, got ${found}`);
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

async function countPartitions(table: KafkaTable): Promise<number> {
  const cluster = new KafkaCluster(table.client);
  try {
    return Math.max(1, (await partitionsOf(cluster, table)).length);
  } finally {
    cluster.close();
  }
}
