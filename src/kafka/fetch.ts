import type { AbortedTransaction } from './aborted-transactions.ts';
import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { ConsumerConfig } from './client-config.ts';
import type { Allocate, Connection } from './connection.ts';
import type { ResponseReader } from './response-reader.ts';

/** Fetch, version 13: by topic id, without a session. */

/** What to ask of one partition. */
export type FetchTarget = Readonly<{ topicId: string; partition: number; offset: number }>;

/** What came of it. The record batches are `bytes[start, end)` of the response; the last may be cut. */
export type FetchedPartition = Readonly<{
  topicId: string;
  partition: number;
  errorCode: number;
  /** Behind the last record that consumers may see; −1 with some errors. */
  highWatermark: number;
  /** Behind the last record that is not of an open transaction. */
  lastStableOffset: number;
  logStartOffset: number;
  aborted: readonly AbortedTransaction[];
  start: number;
  end: number;
}>;

export type FetchResponse = Readonly<{
  bytes: Buffer;
  partitions: readonly FetchedPartition[];
  /** Bytes of records in all. Well below `fetch.max.bytes`, no partition was left out for lack of room. */
  recordBytes: number;
}>;

export async function fetchRecords(
  connection: Connection,
  config: ConsumerConfig,
  targets: readonly FetchTarget[],
  allocate: Allocate,
): Promise<FetchResponse> {
  const topics = [...Map.groupBy(targets, ({ topicId }) => topicId)];
  const response = await connection.request(
    apis.fetch,
    (w) => {
      w.int32(-1).int32(config.fetchMaxWaitMs).int32(config.fetchMinBytes).int32(config.fetchMaxBytes);
      w.int8(config.readCommitted ? 1 : 0);
      w.int32(0).int32(-1); // no session
      w.array(topics, ([topicId, list]) => {
        w.uuid(topicId).array(list, ({ partition, offset }) => {
          w.int32(partition).int32(-1).int64(offset).int32(-1).int64(-1).int32(config.partitionMaxBytes).tags();
        });
        w.tags();
      });
      w.array([], () => {}); // forgotten topics
      w.string('').tags(); // rack
    },
    { allocate, extraMs: config.fetchMaxWaitMs },
  );
  return readFetchResponse(response, connection);
}

function readFetchResponse(r: ResponseReader, connection: Connection): FetchResponse {
  r.int32(); // throttle time
  const code = r.int16();
  if (code !== brokerErrors.none) throw brokerError(code, `${connection.address.host}:${connection.address.port}`);
  r.int32(); // session
  let recordBytes = 0;
  const partitions = r.array(() => {
    const topicId = r.uuid();
    const list = r.array(() => {
      const partition = readPartition(r, topicId);
      recordBytes += partition.end - partition.start;
      return partition;
    });
    r.tags();
    return list;
  });
  return { bytes: r.bytes, partitions: partitions.flat(), recordBytes };
}

function readPartition(r: ResponseReader, topicId: string): FetchedPartition {
  const [partition, errorCode] = [r.int32(), r.int16()];
  const [highWatermark, lastStableOffset, logStartOffset] = [r.int64(), r.int64(), r.int64()];
  const aborted = r.array(() => {
    const entry = { producerId: r.int64(), firstOffset: r.int64() };
    r.tags();
    return entry;
  });
  r.int32(); // preferred read replica: none without a rack
  const start = r.skipBytesField() ?? r.at;
  const end = r.at;
  r.tags();
  return { topicId, partition, errorCode, highWatermark, lastStableOffset, logStartOffset, aborted, start, end };
}
