import { describeTopics } from '../../kafka/admin.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import { listOffsets, offsetSpec, partitionId } from '../../kafka/offsets.ts';
import { EngineError, isEngineError } from '../../model/errors.ts';
import { type MirrorAccount, readMirrorAccount } from '../mirror-account.ts';
import { LogFetcher } from './log-fetcher.ts';
import { PartitionLog } from './partition-log.ts';
import { type CursorEvents, RecordCursor, type TimeRange } from './record-cursor.ts';

/** A stretch of a partition that is compared: `[from, to)`. `deleted`: how many offsets retention has taken right before it. */
export type Stretch = Readonly<{ deleted: number; from: number; to: number }>;

/** Of which topic, and records of which timestamps. `side` left out: errors need not tell which it is. */
export type TopicPlace = Readonly<{ cluster: KafkaCluster; topic: string; range: TimeRange; side?: SideName }>;

/** Which of the two topics it is: errors begin with it. */
export type SideName = 'source' | 'target';

/** One of the two topics, with its ends as they were when it was opened: what comes after is not compared. */
export class TopicSide {
  readonly partitions: readonly number[];
  readonly cluster: KafkaCluster;
  readonly topicId: string;
  /** null where the brokers do not say. */
  readonly clusterId: string | null;
  readonly #topic: string;
  readonly #range: TimeRange;
  readonly #side: SideName | null;
  readonly #fetcher: LogFetcher;
  #stretches: ReadonlyMap<number, Stretch> = new Map();
  #appendTimed = false;

  private constructor(at: TopicPlace, topicId: string, clusterId: string | null, partitions: number[]) {
    this.cluster = at.cluster;
    this.topicId = topicId;
    this.clusterId = clusterId;
    this.#topic = at.topic;
    this.#range = at.range;
    this.#side = at.side ?? null;
    this.#fetcher = new LogFetcher(at.cluster);
    this.partitions = partitions;
  }

  /** NOT_FOUND when there is no such topic. `chosen`: partitions, or all with null. */
  static async open(at: TopicPlace, chosen: readonly number[] | null): Promise<TopicSide> {
    const { cluster, topic, side: name = null } = at;
    const [[found], { clusterId }] = await named(
      name,
      Promise.all([describeTopics(cluster, [topic]), cluster.metadata([])]),
    );
    const all = found!.partitions.map(({ partition }) => partition);
    const missing = chosen?.find((partition) => !all.includes(partition));
    if (missing !== undefined) {
      throw new EngineError('NOT_FOUND', `topic '${topic}': expected a partition ${missing}, it has ${all.length}`);
    }
    const side = new TopicSide(at, found!.id, clusterId, all);
    side.#stretches = await side.#stretchesOf(chosen ?? all, await side.#list(chosen ?? all, offsetSpec.latest));
    return side;
  }

  get name(): string {
    return this.#topic;
  }

  /** Whether the broker's time of appending was met in place of records' own timestamps. */
  get appendTimed(): boolean {
    return this.#appendTimed;
  }

  /** Of each partition that is compared. */
  get stretches(): ReadonlyMap<number, Stretch> {
    return this.#stretches;
  }

  /** Looks again where a partition begins, which retention has moved. */
  async begin(partition: number): Promise<void> {
    const { to } = this.#stretches.get(partition)!;
    const [fresh] = await this.#stretchesOf([partition], new Map([[partition, to]]));
    this.#stretches = new Map([...this.#stretches, fresh!]);
  }

  /** A cursor over the stretch of a partition, or over `[from, to)`. */
  cursor(partition: number, events: CursorEvents, given?: { from: number; to: number }): RecordCursor {
    const { from, to } = given ?? this.#stretches.get(partition)!;
    const place = { topic: this.#topic, partition, topicId: this.topicId };
    const fetcher = {
      fetch: (...of: Parameters<LogFetcher['fetch']>) => this.ours(this.#fetcher.fetch(...of)),
      release: (bytes: Buffer) => this.#fetcher.release(bytes),
    };
    const log = new PartitionLog(fetcher, place, from, to);
    const onAppendTime = (): void => {
      this.#appendTimed = true;
    };
    return new RecordCursor(partition, log, from, to, this.#range, { ...events, onAppendTime });
  }

  /** Where a partition ends by now. */
  async end(partition: number): Promise<number> {
    return (await this.#list([partition], offsetSpec.latest)).get(partition)!;
  }

  /** What mirrors have written down at this side's cluster. */
  mirrors(): Promise<MirrorAccount> {
    return this.ours(readMirrorAccount(this.cluster));
  }

  /** What a request to this side's brokers answers; its errors say which side it was. */
  ours<T>(request: Promise<T>): Promise<T> {
    return named(this.#side, request);
  }

  async #stretchesOf(partitions: readonly number[], ends: ReadonlyMap<number, number>): Promise<Map<number, Stretch>> {
    const starts = await this.#list(partitions, offsetSpec.earliest);
    const { from } = this.#range;
    const timed = from === -Infinity ? starts : await this.#list(partitions, from);
    return new Map(
      partitions.map((partition) => {
        const [logStart, to, first] = [starts.get(partition)!, ends.get(partition)!, timed.get(partition)!];
        const begin = first < 0 ? to : Math.min(first, to);
        return [partition, { deleted: begin > logStart ? 0 : logStart, from: begin, to: Math.max(begin, to) }];
      }),
    );
  }

  async #list(partitions: readonly number[], time: number): Promise<Map<number, number>> {
    const places = partitions.map((partition) => ({ topic: this.#topic, partition }));
    const found = await this.ours(listOffsets(this.cluster, places, time, true));
    return new Map(places.map((place) => [place.partition, found.get(partitionId(place))!]));
  }
}

function named<T>(side: SideName | null, request: Promise<T>): Promise<T> {
  if (side === null) return request;
  return request.catch((error: unknown) => {
    if (!isEngineError(error)) throw error;
    const { code, message, retryable, hint, position, details } = error;
    throw new EngineError(code, `${side}: ${message}`, { retryable, hint, position, details, cause: error.cause });
  });
}
