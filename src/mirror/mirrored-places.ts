/** What a mirror mirrors just now: topics chosen, claimed and made, and their partitions by the shards that they belong to. */
import type { Clock } from '../engine/clock.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { listOffsets, offsetSpec, partitionId } from '../kafka/offsets.ts';
import { type ClaimSides, claimTopics } from './claims.ts';
import { targetTopicOf } from './mirror-names.ts';
import type { MirrorSpec } from './mirror-spec.ts';
import { readShardState, shardOf } from './mirror-state.ts';
import { type MirroredTopics, pairTopics, selectTopics } from './mirror-topics.ts';
import type { MirroredTopic } from './resume.ts';
import type { Place } from './shard-session.ts';

export class MirroredPlaces {
  readonly #spec: MirrorSpec;
  readonly #source: KafkaCluster;
  readonly #target: KafkaCluster;
  readonly #clock: Clock;
  #sides: ClaimSides | null = null;
  #topics: MirroredTopics = new Map();
  #places: ReadonlyMap<number, readonly Place[]> = new Map();
  #ends: ReadonlyMap<string, number> = new Map();

  constructor(spec: MirrorSpec, source: KafkaCluster, target: KafkaCluster, clock: Clock) {
    this.#spec = spec;
    this.#source = source;
    this.#target = target;
    this.#clock = clock;
  }

  get topics(): MirroredTopics {
    return this.#topics;
  }

  /** Those that have something. */
  get shards(): readonly number[] {
    return [...this.#places.keys()];
  }

  of(shard: number): readonly Place[] {
    return this.#places.get(shard) ?? [];
  }

  /** Asks both clusters who they are; has to be awaited before all else. CONNECTION when one can't be reached. */
  async meet(): Promise<void> {
    const { name: mirror, source, target } = this.#spec;
    const [from, to] = [await this.#source.metadata([]), await this.#target.metadata([])];
    this.#sides = {
      mirror,
      sourceAlias: source.alias,
      source: this.#source,
      sourceId: from.clusterId ?? source.alias,
      target: this.#target,
      targetId: to.clusterId ?? target.alias,
      clock: this.#clock,
    };
  }

  async refresh(): Promise<void> {
    this.#set(await this.#paired(await selectTopics(this.#source, this.#spec)));
  }

  /** A topic as it is now, and its copy; null: it is gone, or no longer chosen. */
  async currentPair(topic: string): Promise<MirroredTopic | null> {
    const selected = (await selectTopics(this.#source, this.#spec)).filter(({ name }) => name === topic);
    const pair = (await this.#paired(selected)).get(topic);
    const topics = new Map(this.#topics);
    if (pair === undefined) topics.delete(topic);
    else topics.set(topic, pair);
    this.#set(topics);
    return pair ?? null;
  }

  /** The ends of now become those that a mirror that runs once reads up to. */
  async findEnds(): Promise<void> {
    this.#ends = await listOffsets(this.#source, [...this.#places.values()].flat(), offsetSpec.latest, true);
  }

  /** Of a partition of the source, by its id; 0 for one that came later. */
  endOf(id: string): number {
    return this.#ends.get(id) ?? 0;
  }

  /** Whether, by what is stored, a shard is mirrored up to those ends. */
  async isMirrored(shard: number): Promise<boolean> {
    const { positions } = await readShardState(this.#target, this.#spec.name, shard);
    return this.of(shard).every((place) => {
      const position = positions.get(partitionId(place));
      return position !== undefined && position.offset >= this.endOf(partitionId(place));
    });
  }

  async #paired(topics: Awaited<ReturnType<typeof selectTopics>>): Promise<MirroredTopics> {
    const targets = topics.map(({ name: topic }) => ({ topic, targetTopic: targetTopicOf(this.#spec, topic) }));
    await claimTopics(this.#sides!, targets);
    return await pairTopics(this.#source, this.#target, this.#spec, topics);
  }

  #set(topics: MirroredTopics): void {
    this.#topics = topics;
    const places = [...topics.values()].flatMap((pair) =>
      Array.from({ length: pair.partitions }, (_, partition): Place => ({ topic: pair.topic, partition, pair })),
    );
    this.#places = Map.groupBy(places, shardOf);
  }
}
