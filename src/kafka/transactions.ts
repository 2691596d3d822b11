import { EngineError, isEngineError } from '../model/errors.ts';
import { type Api, apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { atCoordinator } from './coordinator.ts';
import type { GroupPosition } from './group-offsets.ts';
import { partitionId, type TopicPartition } from './offsets.ts';
import { initProducerIdAt, type ProducerId } from './producer-id.ts';
import type { RequestWriter } from './request-writer.ts';
import type { ResponseReader } from './response-reader.ts';
import { retry } from './retry.ts';

/**
 * Transactions (KIP-98): InitProducerId 4, AddPartitionsToTxn 3, AddOffsetsToTxn 3, TxnOffsetCommit 3, EndTxn 3. Markers are written after
 * EndTxn is answered, and the next transaction may have to wait for them (CONCURRENT_TRANSACTIONS): a short wait, often met, so that the
 * pauses begin shorter than elsewhere.
 */
const backoff = { retryBackoffMs: 10, retryBackoffMaxMs: 1_000 };
const attempts = 15; // about 8 s

/**
 * The transactions of one transactional id, one after another. A partition is added before the first batch for it is produced (with `id`,
 * `producer` and the transactional bit); then the transaction ends. Whoever opens the same id anew aborts what is open and shuts out the
 * one before, whose every call then fails with CONFLICT.
 */
export class Transactions {
  readonly id: string;
  readonly producer: ProducerId;
  readonly #cluster: KafkaCluster;
  readonly #added = new Set<string>();
  #touched = false;

  private constructor(cluster: KafkaCluster, id: string, producer: ProducerId) {
    this.#cluster = cluster;
    this.id = id;
    this.producer = producer;
  }

  /** Begins anew with this id. The coordinator aborts a transaction that stays open for longer than `timeoutMs`. */
  static open(cluster: KafkaCluster, id: string, timeoutMs: number): Promise<Transactions> {
    const init = async (node: number): Promise<Transactions> =>
      new Transactions(cluster, id, await initProducerIdAt(cluster, node, id, timeoutMs));
    return retry(backoff, attempts, cluster.signal, () => atCoordinator(cluster, 'transactional id', id, init));
  }

  /** Whether there is something to commit. */
  get isOpen(): boolean {
    return this.#touched;
  }

  /** Makes partitions part of the transaction, which begins with the first; those that are part of it already cost nothing. */
  async addPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    const fresh = partitions.filter((partition) => !this.#added.has(partitionId(partition)));
    if (fresh.length === 0) return;
    this.#touched = true;
    const topics = [...Map.groupBy(fresh, ({ topic }) => topic)];
    const write = (w: RequestWriter): void => {
      this.#writeProducer(w);
      w.array(topics, ([topic, list]) => {
        w.string(topic)
          .array(list, ({ partition }) => w.int32(partition))
          .tags();
      });
      w.tags();
    };
    await this.#request(apis.addPartitionsToTxn, write, (r) => this.#readAdded(r));
    for (const partition of fresh) this.#added.add(partitionId(partition));
  }

  /** All partitions are added or none: beside the one at fault the others say OPERATION_NOT_ATTEMPTED. */
  #readAdded(r: ResponseReader): void {
    let others: EngineError | null = null;
    r.array(() => {
      const topic = r.string();
      r.array(() => {
        const [partition, code] = [r.int32(), r.int16()];
        r.tags();
        if (code === brokerErrors.none) return;
        const error = brokerError(code, `${this.#where()}, adding topic '${topic}', partition ${partition}`);
        if (code !== brokerErrors.operationNotAttempted) throw error;
        others = error;
      });
      r.tags();
    });
    if (others !== null) throw others;
  }

  /** Makes positions of a group part of the transaction: they hold once it is committed. */
  async commitOffsets(groupId: string, positions: readonly GroupPosition[]): Promise<void> {
    if (positions.length === 0) return;
    this.#touched = true;
    const addGroup = (w: RequestWriter): void => void this.#writeProducer(w).string(groupId).tags();
    await this.#request(apis.addOffsetsToTxn, addGroup, (r) => this.#readCode(r, `adding group '${groupId}'`));
    const topics = [...Map.groupBy(positions, ({ topic }) => topic)];
    const commitAt = async (node: number): Promise<void> => {
      const r = await this.#cluster.request(node, apis.txnOffsetCommit, (w) => {
        w.string(this.id).string(groupId).int64(this.producer.id).int16(this.producer.epoch);
        w.int32(-1).string('').string(null); // nobody's member
        w.array(topics, ([topic, list]) => {
          w.string(topic).array(list, ({ partition, offset, metadata = null }) => {
            w.int32(partition).int64(offset).int32(-1).string(metadata).tags();
          });
          w.tags();
        });
        w.tags();
      });
      r.int32(); // throttle time
      this.#readCommitted(r, groupId);
    };
    const commit = (): Promise<void> => atCoordinator(this.#cluster, 'group', groupId, commitAt);
    await retry(backoff, attempts, this.#cluster.signal, commit);
  }

  #readCommitted(r: ResponseReader, groupId: string): void {
    r.array(() => {
      const topic = r.string();
      r.array(() => {
        const [partition, code] = [r.int32(), r.int16()];
        r.tags();
        const what = `${this.#where()}, group '${groupId}', topic '${topic}', partition ${partition}`;
        if (code !== brokerErrors.none) throw brokerError(code, what);
      });
      r.tags();
    });
  }

  /** Commits or aborts. One in which nothing was done costs nothing. */
  async end(how: 'commit' | 'abort'): Promise<void> {
    if (!this.#touched) return;
    const write = (w: RequestWriter): void =>
      void this.#writeProducer(w)
        .boolean(how === 'commit')
        .tags();
    await this.#request(apis.endTxn, write, (r) => this.#readCode(r, how));
    this.#added.clear();
    this.#touched = false;
  }

  #writeProducer(w: RequestWriter): RequestWriter {
    return w.string(this.id).int64(this.producer.id).int16(this.producer.epoch);
  }

  #readCode(r: ResponseReader, what: string): void {
    const code = r.int16();
    if (code !== brokerErrors.none) throw brokerError(code, `${this.#where()}, ${what}`);
  }

  /** To the coordinator; all of these requests may be repeated. */
  #request(api: Api, write: (w: RequestWriter) => void, read: (r: ResponseReader) => void): Promise<void> {
    const ask = async (node: number): Promise<void> => {
      const r = await this.#cluster.request(node, api, write);
      r.int32(); // throttle time
      read(r);
    };
    return retry(backoff, attempts, this.#cluster.signal, async () => {
      try {
        await atCoordinator(this.#cluster, 'transactional id', this.id, ask);
      } catch (error) {
        throw fencedOr(error, this.id);
      }
    });
  }

  #where(): string {
    return `transactional id '${this.id}'`;
  }
}

/** Says in a person's words that somebody else has taken the id. */
function fencedOr(error: unknown, id: string): unknown {
  if (!isEngineError(error) || !/PRODUCER_FENCED|INVALID_PRODUCER_EPOCH/.test(error.message)) return error;
  return new EngineError('CONFLICT', `${error.message}: another process has taken over, or the transaction timed out`, {
    hint: `Let one process at a time write with the transactional id '${id}'.`,
    cause: error,
  });
}
