/** The `iceberg` connector's sink. */
import { randomUUID } from 'node:crypto';
import { openLocated } from '../iceberg/table-options.ts';
import type { ConnectorConfig, ConnectorContext, SinkFactory } from '../model/connector.ts';
import type { WriterContext } from '../model/sink.ts';
import { storageOf } from '../storage/scheme-storage.ts';
import { IcebergCommitter } from './iceberg-committer.ts';
import { type IcebergSinkConfig, planIcebergSink } from './iceberg-config.ts';
import { type IcebergFiles, IcebergWriter } from './iceberg-writer.ts';

export const icebergSinkFactory: SinkFactory = {
  plan: planIcebergSink,
  deliveryGuarantee:
    'Exactly-once: the rows of an epoch become visible in one snapshot after its checkpoint is durable, and never twice, whatever ' +
    'fails in between, as long as one job of a name writes to the table and the catalog swaps atomically.',
  changelog: () => 'insert-only',
  metadata: new Map(),
  writer(config: ConnectorConfig, ctx: WriterContext) {
    const sink = config as IcebergSinkConfig;
    return new IcebergWriter(sink, ctx, { storage: storageOf(sink.dataLocation), newId: randomUUID });
  },
  rowsIn: (committables) =>
    committables.flatMap((each) => (each as IcebergFiles).files).reduce((sum, { recordCount }) => sum + recordCount, 0),
  committer(config: ConnectorConfig, ctx: ConnectorContext) {
    const sink = config as IcebergSinkConfig;
    const { jobName, sinkId, now, warn } = ctx;
    return new IcebergCommitter(sink, {
      jobName,
      warn,
      sinkId: sinkId === undefined ? jobName : `${jobName}.${sinkId}`,
      connect: async () => ({
        catalog: await openLocated(sink.table, ctx),
        table: sink.table.identifier,
        tableUuid: sink.tableUuid,
        storage: storageOf(sink.dataLocation),
        now,
        newId: randomUUID,
      }),
    });
  },
};
