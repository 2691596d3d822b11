import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, type Message, MessagesStreamModes } from '@platformatic/kafka';
import { describeTopics } from '../../src/kafka/admin.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { listOffsets, offsetSpec } from '../../src/kafka/offsets.ts';

const joinMs = 15_000;
const quietMs = 2_500;

/** A record as somebody else's consumer sees it; bytes as hexadecimal digits. */
export type ConsumedRecord = Readonly<{
  partition: number;
  offset: number;
  timestamp: number;
  key: string | null;
  value: string | null;
  headers: readonly (readonly [string, string | null])[];
}>;

/** Everything that a consumer with read_committed sees of a topic, in the order of partitions and offsets. */
export async function consumeTopic(bootstrap: string, topic: string): Promise<ConsumedRecord[]> {
  const left = await committedEnds(bootstrap, topic);
  if (left.size === 0) return [];
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'independent',
    groupId: `independent-${randomUUID()}`,
    bootstrapBrokers: [bootstrap],
    isolationLevel: 1, // READ_COMMITTED
    minBytes: 1,
    maxWaitTime: 50,
  });
  const records: ConsumedRecord[] = [];
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false });
  const messages = stream[Symbol.asyncIterator]();
  while (left.size > 0) {
    const pending = messages.next();
    const quiet = sleep(records.length === 0 ? joinMs : quietMs).then(() => null); // control batches at an end are not seen
    const message = await Promise.race([pending, quiet]);
    if (message === null || message.done) {
      pending.catch(() => {});
      break;
    }
    records.push(recordOf(message.value));
    const { partition, offset } = records.at(-1)!;
    if (offset + 1 >= (left.get(partition) ?? 0)) left.delete(partition);
  }
  await stream.close();
  await consumer.close(true);
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

function recordOf(message: Message<Buffer, Buffer, Buffer, Buffer>): ConsumedRecord {
  const text = (bytes: Buffer | null | undefined): string | null =>
    bytes === null || bytes === undefined ? null : bytes.toString('hex');
  const { partition, key, value, headers } = message;
  return {
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: text(key),
    value: text(value),
    headers: [...headers].map(([name, bytes]) => [name.toString(), text(bytes)] as const),
  };
}

/** Behind the last offset of each partition that has any. */
async function committedEnds(bootstrap: string, topic: string): Promise<Map<number, number>> {
  const cluster = new KafkaCluster(clientConfig(new Map([['bootstrap.servers', bootstrap]]), 'test'));
  try {
    const [metadata] = await describeTopics(cluster, [topic]);
    const places = metadata!.partitions.map(({ partition }) => ({ topic, partition }));
    const ends = await listOffsets(cluster, places, offsetSpec.latest, true);
    const first = await listOffsets(cluster, places, offsetSpec.earliest, true);
    const open = places.filter(
      ({ partition }) => ends.get(`${topic}-${partition}`)! > first.get(`${topic}-${partition}`)!,
    );
    return new Map(open.map(({ partition }) => [partition, ends.get(`${topic}-${partition}`)!]));
  } finally {
    cluster.close();
  }
}
