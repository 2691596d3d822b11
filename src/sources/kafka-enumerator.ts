import { describeTopics, listTopics } from '../kafka/admin.ts';
import { KafkaCluster, type TopicMetadata } from '../kafka/cluster.ts';
import { commitOffsets } from '../kafka/group-offsets.ts';
import { type KafkaTable, topicRegExp } from '../kafka/kafka-table.ts';
import { type OffsetMode, startOffsets, stopOffsets } from '../kafka/offset-mode.ts';
import { partitionId, type TopicPartition } from '../kafka/offsets.ts';
import { recreated } from '../kafka/partition-fault.ts';
import { EngineError } from '../model/errors.ts';
import { hashBytes } from '../model/hash.ts';
import type { SourceSplit, SplitEnumerator } from '../model/source.ts';
import { type KafkaPosition, positionOf, splitOf } from './kafka-split.ts';

type KnownPartition = TopicPartition & Readonly<{ topicId: string }>;

/** Main thread: the partitions of the table's topics, and where reading them begins and ends. */
export class KafkaEnumerator implements SplitEnumerator {
  readonly discoveryIntervalMs: number | null;
  readonly #table: KafkaTable;
  readonly #cluster: KafkaCluster;
  readonly #known = new Set<string>();

  constructor(table: KafkaTable) {
    this.#table = table;
    this.#cluster = new KafkaCluster(table.client);
    this.discoveryIntervalMs = table.bounded === null ? table.discoveryIntervalMs : null;
  }

  async start(restored: readonly SourceSplit[] | null): Promise<readonly SourceSplit[]> {
    const partitions = await partitionsOf(this.#cluster, this.#table);
    if (restored === null)
      return this.#splits(partitions, (fresh) => startOffsets(this.#cluster, this.#table.startup, fresh));
    const positions = restored.map(positionOf);
    for (const position of positions) checkRestored(position, partitions, this.#table.where);
    for (const { id } of restored) this.#known.add(id);
    // A bounded source reads what it had found: partitions that came later are not part of it.
    if (this.#table.bounded !== null) return await this.#bounded(positions, this.#table.bounded);
    const unbounded = positions.map((position) => splitOf({ ...position, stopOffset: null }));
    return [...unbounded, ...(await this.#newSplits(partitions))];
  }

  /** Ends that the checkpoint has stay; a source that was without end until now gets the ends of now. */
  async #bounded(positions: readonly KafkaPosition[], mode: OffsetMode): Promise<SourceSplit[]> {
    const endless = positions.filter(({ stopOffset }) => stopOffset === null);
    const stops = endless.length === 0 ? null : await stopOffsets(this.#cluster, mode, endless);
    return positions.map((position) =>
      splitOf({ ...position, stopOffset: position.stopOffset ?? stops?.get(partitionId(position)) ?? null }),
    );
  }

  async discover(): Promise<readonly SourceSplit[]> {
    return this.#newSplits(await partitionsOf(this.#cluster, this.#table));
  }

  /** New partitions are read from their begin: all their records are newer than the job. */
  #newSplits(partitions: readonly KnownPartition[]): Promise<SourceSplit[]> {
    const fresh = partitions.filter((partition) => !this.#known.has(partitionId(partition)));
    return this.#splits(fresh, (list) => startOffsets(this.#cluster, { kind: 'earliest' }, list));
  }

  async #splits(
    partitions: readonly KnownPartition[],
    start: (partitions: readonly TopicPartition[]) => Promise<ReadonlyMap<string, number>>,
  ): Promise<SourceSplit[]> {
    if (partitions.length === 0) return [];
    const { bounded } = this.#table;
    const stops = bounded === null ? null : await stopOffsets(this.#cluster, bounded, partitions);
    const starts = await start(partitions);
    return partitions.map((partition) => {
      const id = partitionId(partition);
      this.#known.add(id);
      return splitOf({ ...partition, offset: starts.get(id)!, stopOffset: stops?.get(id) ?? null });
    });
  }

  /** Partitions of a topic one after the other from a subtask on that its name gives: topics of one partition spread too. */
  assign(split: SourceSplit, parallelism: number): number {
    const { topic, partition } = positionOf(split);
    const name = Buffer.from(topic);
    return ((hashBytes(name, 0, name.length) >>> 0) + partition) % parallelism;
  }

  async checkpointComplete(splits: readonly SourceSplit[]): Promise<void> {
    const { groupId } = this.#table.client.consumer;
    if (groupId !== null && splits.length > 0) await commitOffsets(this.#cluster, groupId, splits.map(positionOf));
  }

  async close(): Promise<void> {
    this.#cluster.close();
  }
}

/** Every partition of the table's topics, in their order. NOT_FOUND when a topic is not there, or none is. */
export async function partitionsOf(cluster: KafkaCluster, table: KafkaTable): Promise<KnownPartition[]> {
  const topics =
    table.topicPattern === null ? await describeTopics(cluster, table.topics) : await matching(cluster, table);
  return topics.flatMap(({ name, id, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition, topicId: id })),
  );
}

async function matching(cluster: KafkaCluster, { topicPattern, where }: KafkaTable): Promise<TopicMetadata[]> {
  const pattern = topicRegExp(topicPattern!, where);
  const topics = (await listTopics(cluster)).filter(({ name }) => pattern.test(name));
  return topics.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function checkRestored(position: KafkaPosition, partitions: readonly KnownPartition[], where: string): void {
  const name = partitionId(position);
  const found = partitions.find((partition) => partitionId(partition) === name);
  if (found?.topicId === position.topicId) return;
  if (found !== undefined) throw recreated(`topic '${position.topic}', partition ${position.partition}`);
  const what = `the checkpoint has partition ${position.partition} of topic '${position.topic}'`;
  throw new EngineError('CONFLICT', `${where}: ${what}, which is not among the table's now`, {
    hint: 'Name the topic again, or start the job without its checkpoint (--restore none).',
  });
}
