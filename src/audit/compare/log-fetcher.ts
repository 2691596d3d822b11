import { brokerError, brokerErrors } from '../../kafka/broker-error.ts';
import { BufferPool } from '../../kafka/buffer-pool.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import type { Connection } from '../../kafka/connection.ts';
import { type FetchedPartition, fetchRecords } from '../../kafka/fetch.ts';
import type { TopicPartition } from '../../kafka/offsets.ts';
import { EngineError } from '../../model/errors.ts';

/** A partition of a topic that is read: another topic of that name is not meant. */
export type LogPlace = TopicPartition & Readonly<{ topicId: string }>;

/** What a fetch brought of one partition: batches in `bytes[start, end)`, the last maybe cut. */
export type FetchedLog = Readonly<{ bytes: Buffer; fetched: FetchedPartition }>;

/** Marks the error that says so, for who begins anew then. */
const logStartMoved = 'log-start-moved';

/** Whether a partition lost its oldest records while it was read. */
export function isLogStartMoved(error: unknown): boolean {
  return error instanceof EngineError && error.details === logStartMoved;
}

/** Fetches from the partitions of one cluster, over a connection of its own to each broker; leaders are looked for again when they move. */
export class LogFetcher {
  readonly #cluster: KafkaCluster;
  readonly #pool = new BufferPool();
  readonly #connections = new Map<number, Connection>();
  readonly #leaders = new Map<string, number>();

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
  }

  /**
   * One fetch of one partition. Its bytes are to be given back with `release`. `committed`: up to the last stable offset; otherwise up to the
   * end, whatever becomes of it.
   */
  fetch(place: LogPlace, offset: number, committed = true): Promise<FetchedLog> {
    return this.#cluster.retry(async () => {
      try {
        return await this.#fetchOnce(place, offset, committed);
      } catch (error) {
        this.#leaders.clear();
        throw error;
      }
    });
  }

  release(bytes: Buffer): void {
    this.#pool.give(bytes);
  }

  async #fetchOnce(place: LogPlace, offset: number, committed: boolean): Promise<FetchedLog> {
    const connection = await this.#connection(await this.#leader(place));
    const consumer = { ...this.#cluster.config.consumer, readCommitted: committed };
    const targets = [{ topicId: place.topicId, partition: place.partition, offset }];
    const { bytes, partitions } = await fetchRecords(connection, consumer, targets, (size) => this.#pool.take(size));
    const fetched = partitions.find(({ partition }) => partition === place.partition);
    const where = whereIs(place);
    if (fetched === undefined) throw new EngineError('CONNECTION', `${where}: the broker answered without it`);
    if (fetched.errorCode === brokerErrors.offsetOutOfRange) throw moved(where, offset);
    if (fetched.errorCode !== brokerErrors.none) throw brokerError(fetched.errorCode, where);
    return { bytes, fetched };
  }

  async #leader(place: LogPlace): Promise<number> {
    const id = whereIs(place);
    const known = this.#leaders.get(id);
    if (known !== undefined) return known;
    const { topics } = await this.#cluster.metadataOnce([place.topic]);
    const topic = topics.find(({ name }) => name === place.topic);
    if (topic !== undefined && topic.partitions.length > 0 && topic.id !== place.topicId) {
      throw new EngineError('CONFLICT', `${id}: the topic was deleted and made anew while it was read`, {
        hint: 'Compare again.',
      });
    }
    const leader = topic?.partitions.find(({ partition }) => partition === place.partition)?.leader ?? -1;
    if (leader < 0) throw new EngineError('CONNECTION', `${id}: it has no leader`);
    this.#leaders.set(id, leader);
    return leader;
  }

  async #connection(node: number): Promise<Connection> {
    const present = this.#connections.get(node);
    if (present?.open) return present;
    const opened = await this.#cluster.connect(node);
    this.#connections.set(node, opened);
    return opened;
  }
}

export function whereIs({ topic, partition }: TopicPartition): string {
  return `topic '${topic}', partition ${partition}`;
}

function moved(where: string, offset: number): EngineError {
  return new EngineError('CONFLICT', `${where}: offset ${offset} was deleted while the partition was read`, {
    hint: 'Retention is at work. Compare again, from a later time (--from) or when there is less to be deleted.',
    details: logStartMoved,
  });
}
