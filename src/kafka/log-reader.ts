import { EngineError } from '../model/errors.ts';
import { describeTopics } from './admin.ts';
import { BatchReader } from './batch-reader.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { type FetchResponse, fetchRecords } from './fetch.ts';
import { FetchedRecords, timestampOf } from './fetched-records.ts';
import { leadersOf, listOffsets, offsetSpec, partitionId, type TopicPartition } from './offsets.ts';
import { RecordRun } from './record-run.ts';

/** Reads a small log from its begin to its end of now: state that is kept in a compacted topic. Not for streams. */

export type LogRecord = Readonly<{
  partition: number;
  offset: number;
  /** ms since 1970. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
}>;

/** Shows `each` the records of these partitions of a topic, in order within one. Bytes are copies. NOT_FOUND when there is no such topic. */
export async function readLog(
  cluster: KafkaCluster,
  topic: string,
  partitions: readonly number[],
  each: (record: LogRecord) => void,
): Promise<void> {
  const [metadata] = await describeTopics(cluster, [topic]);
  const wanted = partitions.map((partition) => ({ topic, partition }));
  const { readCommitted } = cluster.config.consumer;
  const first = await listOffsets(cluster, wanted, offsetSpec.earliest, readCommitted);
  const last = await listOffsets(cluster, wanted, offsetSpec.latest, readCommitted);
  const cursors = wanted.map((place) => {
    const id = partitionId(place);
    return { ...place, topicId: metadata!.id, offset: first.get(id)!, end: last.get(id)!, empty: 0 };
  });
  const reading = new LogReading(cluster, each);
  await cluster.retry(async () => {
    const open = cursors.filter(({ offset, end }) => offset < end);
    if (open.length === 0) return;
    const leaders = [...(await leadersOf(cluster, open))];
    for (const [leader, led] of leaders) await reading.from(leader, led);
  });
}

type Cursor = TopicPartition & Readonly<{ topicId: string; end: number }> & { offset: number; empty: number };

/** Answers in a row without a record before the end: the rest was compacted away. */
const emptyLimit = 3;

class LogReading {
  readonly #cluster: KafkaCluster;
  readonly #each: (record: LogRecord) => void;
  readonly #reader = new BatchReader(true);
  readonly #run = new RecordRun();

  constructor(cluster: KafkaCluster, each: (record: LogRecord) => void) {
    this.#cluster = cluster;
    this.#each = each;
  }

  async from(leader: number, cursors: readonly Cursor[]): Promise<void> {
    if (leader < 0) throw new EngineError('CONNECTION', `topic '${cursors[0]!.topic}': a partition has no leader`);
    const connection = await this.#cluster.connect(leader);
    const { consumer } = this.#cluster.config;
    try {
      for (let open = cursors; open.length > 0; open = cursors.filter(({ offset, end }) => offset < end)) {
        const targets = open.some(({ empty }) => empty > 0) ? [open.find(({ empty }) => empty > 0)!] : open;
        this.#take(await fetchRecords(connection, consumer, targets, Buffer.allocUnsafe), targets);
      }
    } finally {
      connection.close();
    }
  }

  #take({ bytes, partitions }: FetchResponse, targets: readonly Cursor[]): void {
    for (const fetched of partitions) {
      const cursor = targets.find(({ partition }) => partition === fetched.partition)!;
      const where = `topic '${cursor.topic}', partition ${cursor.partition}`;
      if (fetched.errorCode !== brokerErrors.none) throw brokerError(fetched.errorCode, where);
      const records = new FetchedRecords(bytes, fetched, where, cursor.offset, cursor.end);
      while (records.next(this.#reader, this.#run)) this.#show(records, cursor.partition);
      cursor.empty = records.nextOffset === cursor.offset ? cursor.empty + 1 : 0;
      cursor.offset = cursor.empty >= emptyLimit ? cursor.end : records.nextOffset;
    }
  }

  #show({ header, from, to }: FetchedRecords, partition: number): void {
    const run = this.#run;
    const copied = (start: number, end: number): Buffer | null =>
      start < 0 ? null : Buffer.from(run.bytes.subarray(start, end));
    for (let i = from; i < to; i++) {
      this.#each({
        partition,
        offset: header.baseOffset + run.offsetDeltas[i]!,
        timestamp: timestampOf(header, run, i),
        key: copied(run.keyStarts[i]!, run.keyEnds[i]!),
        value: copied(run.valueStarts[i]!, run.valueEnds[i]!),
      });
    }
  }
}
