import { describeTopics } from '../../kafka/admin.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import { listOffsets, offsetSpec, partitionId } from '../../kafka/offsets.ts';
import { EngineError } from '../../model/errors.ts';
import { LogFetcher } from './log-fetcher.ts';
import { PartitionLog } from './partition-log.ts';
import { type CursorEvents, RecordCursor, type TimeRange } from './record-cursor.ts';

/** A stretch of a partition that is compared: `[from, to)`. `deleted`: how many offsets retention has taken right before it. */
export type Stretch = Readonly<{ deleted: number; from: number; to: number }>;

/** One of the two topics, with its ends as they were when it was opened: what comes after is not compared. */
export class TopicSide {
  readonly partitions: readonly number[];
  readonly #cluster: KafkaCluster;
  readonly #topic: string;
  readonly #topicId: string;
  readonly #range: TimeRange;
  readonly #fetcher: LogFetcher;
  #stretches: ReadonlyMap<number, Stretch> = new Map();
  #appendTimed = false;

  private constructor(cluster: KafkaCluster, topic: string, topicId: string, partitions: number[], range: TimeRange) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#topicId = topicId;
    this.#range = range;
    this.#fetcher = new LogFetcher(cluster);
    this.partitions = partitions;
  }

  /** NOT_FOUND when there is no such topic. `chosen`: partitions, or all with null. */
  static async open(cluster: KafkaCluster, topic: string, chosen: readonly number[] | null, range: TimeRange) {
    const [found] = await describeTopics(cluster, [topic]);
    const all = found!.partitions.map(({ partition }) => partition);
    const missing = chosen?.find((partition) => !all.includes(partition));
    if (missing !== undefined) {
      throw new EngineError('NOT_FOUND', `topic '${topic}': expected a partition ${missing}, it has ${all.length}`);
    }
    const side = new TopicSide(cluster, topic, found!.id, all, range);
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
    const place = { topic: this.#topic, partition, topicId: this.#topicId };
    const log = new PartitionLog(this.#fetcher, place, from, to);
    const onAppendTime = (): void => {
      this.#appendTimed = true;
    };
    return new RecordCursor(partition, log, from, to, this.#range, { ...events, onAppendTime });
  }

  /** Where a partition ends by now. */
  async end(partition: number): Promise<number> {
    return (await this.#list([partition], offsetSpec.latest)).get(partition)!;
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
    const found = await listOffsets(this.#cluster, places, time, true);
    return new Map(places.map((place) => [place.partition, found.get(partitionId(place))!]));
  }
}
