import { EngineError } from '../model/errors.ts';
import { describeTopics } from './admin.ts';
import { BatchReader } from './batch-reader.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { fetchRecords } from './fetch.ts';
import { FetchedRecords, timestampOf } from './fetched-records.ts';
import { leadersOf, listOffsets, offsetSpec, partitionId, type TopicPartition } from './offsets.ts';
import { sharedKernel } from './record-kernel.ts';
import { RecordRun } from './record-run.ts';

/** Reads a stretch of a partition at one go: state that is kept in a compacted topic, the tail of a copy. Not for streams. */

export type LogStretch = TopicPartition & Readonly<{ topicId: string; from: number; to: number }>;

/** The records of the run from `records.from` to before `records.to` are shown; false: enough. They hold until it returns. */
export type LogVisit = (records: FetchedRecords, run: RecordRun) => boolean;

/** Answers in a row without a record before the end: the rest was compacted away. */
const emptyLimit = 3;

/** Shows the records of the stretch in order, those alone that `isolation.level` lets be seen. Resolves at its end, or when it is enough. */
export async function scanLog(cluster: KafkaCluster, stretch: LogStretch, visit: LogVisit): Promise<void> {
  let next = stretch.from;
  let empty = 0;
  const [reader, run] = [new BatchReader(true, sharedKernel()), new RecordRun()]; // each batch is shown before the next turn
  const where = `topic '${stretch.topic}', partition ${stretch.partition}`;
  const { consumer } = cluster.config;
  const fetchOn = async (leader: number): Promise<void> => {
    const connection = await cluster.connect(leader);
    try {
      while (next < stretch.to) {
        const target = { topicId: stretch.topicId, partition: stretch.partition, offset: next };
        const { bytes, partitions } = await fetchRecords(connection, consumer, [target], Buffer.allocUnsafe);
        const [fetched] = partitions;
        if (fetched === undefined) continue;
        if (fetched.errorCode !== brokerErrors.none) throw brokerError(fetched.errorCode, where);
        const asked = next;
        const records = new FetchedRecords(bytes, fetched, where, asked, stretch.to);
        while (records.next(reader, run)) {
          next = records.nextOffset;
          if (!visit(records, run)) next = stretch.to;
          if (next >= stretch.to) return;
        }
        empty = records.nextOffset === asked ? empty + 1 : 0;
        next = empty >= emptyLimit ? stretch.to : records.nextOffset;
      }
    } finally {
      connection.close();
    }
  };
  await cluster.retry(async () => {
    if (next >= stretch.to) return;
    const [[leader]] = [...(await leadersOf(cluster, [stretch]))] as [[number, unknown]];
    if (leader < 0) throw new EngineError('CONNECTION', `${where}: it has no leader`);
    await fetchOn(leader);
  });
}

export type LogRecord = Readonly<{
  offset: number;
  /** ms since 1970. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
}>;

/** Shows `each` the records of a partition from its begin to its end of now. Bytes are copies. NOT_FOUND when there is no such topic. */
export async function readLog(
  cluster: KafkaCluster,
  place: TopicPartition,
  each: (record: LogRecord) => void,
): Promise<void> {
  const [metadata] = await describeTopics(cluster, [place.topic]);
  const { readCommitted } = cluster.config.consumer;
  const id = partitionId(place);
  const from = (await listOffsets(cluster, [place], offsetSpec.earliest, readCommitted)).get(id)!;
  const to = (await listOffsets(cluster, [place], offsetSpec.latest, readCommitted)).get(id)!;
  await scanLog(cluster, { ...place, topicId: metadata!.id, from, to }, ({ header, from, to }, run) => {
    const copied = (start: number, end: number): Buffer | null =>
      start < 0 ? null : Buffer.from(run.bytes.subarray(start, end));
    for (let i = from; i < to; i++) {
      each({
        offset: header.baseOffset + run.offsetDeltas[i]!,
        timestamp: timestampOf(header, run, i),
        key: copied(run.keyStarts[i]!, run.keyEnds[i]!),
        value: copied(run.valueStarts[i]!, run.valueEnds[i]!),
      });
    }
    return true;
  });
}
