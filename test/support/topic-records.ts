import { formats } from '../../src/formats/registry.ts';
import { types } from '../../src/model/types.ts';
import { kafkaSourceFactory } from '../../src/sources/kafka.ts';
import { kafkaMetadata } from '../../src/sources/kafka-metadata.ts';
import { connectorContext, drain, physicalColumns, readerContext, tableOf } from './reader-harness.ts';

/** A record of a topic as text. */
export type TopicRecord = Readonly<{
  value: string | null;
  partition: number;
  offset: number;
  timestamp: number;
  headers: Readonly<Record<string, string>>;
}>;

/** What consumers see in a topic now, by partition and offset. */
export async function topicRecords(bootstrap: string, topic: string): Promise<TopicRecord[]> {
  const fields = [{ name: 'value', type: types.string() }];
  const keys = ['partition', 'offset', 'timestamp', 'headers'];
  const metadata = keys.map((key) => ({ kind: 'metadata', key, name: key, type: kafkaMetadata.get(key)! }) as const);
  const columns = [...physicalColumns(fields), ...metadata];
  const table = tableOf(fields, {
    connector: 'kafka',
    topic,
    'properties.bootstrap.servers': bootstrap,
    'properties.isolation.level': 'read_committed',
    'scan.startup.mode': 'earliest-offset',
    'scan.bounded.mode': 'latest-offset',
    format: 'raw',
  });
  const factory = kafkaSourceFactory(formats);
  const config = factory.plan(table, columns, connectorContext());
  const enumerator = factory.enumerator(config, connectorContext());
  const reader = factory.reader(config, readerContext(columns));
  try {
    reader.addSplits(await enumerator.start(null));
    reader.noMoreSplits();
    const { rows } = await drain(reader, columns);
    return rows.map(recordOf).sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  } finally {
    await reader.close();
    await enumerator.close();
  }
}

function recordOf([value, partition, offset, timestamp, headers]: readonly unknown[]): TopicRecord {
  const entries = [...(headers as Map<string, Uint8Array>)].map(([name, bytes]) => [
    name,
    Buffer.from(bytes).toString(),
  ]);
  return {
    value: value as string | null,
    partition: partition as number,
    offset: offset as number,
    timestamp: timestamp as number,
    headers: Object.fromEntries(entries),
  };
}
