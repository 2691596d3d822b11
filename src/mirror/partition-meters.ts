import { partitionId, type TopicPartition } from '../kafka/offsets.ts';
import { type PartitionFigures, PartitionMeter } from './partition-meter.ts';

/** What was mirrored of each partition by this process, whichever of its shards it was in. */
export class PartitionMeters {
  readonly #meters = new Map<string, Readonly<{ place: TopicPartition; meter: PartitionMeter }>>();

  of(place: TopicPartition): PartitionMeter {
    const id = partitionId(place);
    const present = this.#meters.get(id);
    if (present !== undefined) return present.meter;
    const meter = new PartitionMeter();
    this.#meters.set(id, { place: { topic: place.topic, partition: place.partition }, meter });
    return meter;
  }

  /** `lagOf`: by the partition's id. `spreads`: times too, as they were since that was asked last. */
  figures(
    targetTopicOf: (topic: string) => string,
    lagOf: (id: string) => number,
    spreads: boolean,
  ): readonly PartitionFigures[] {
    return [...this.#meters].map(([id, { place, meter }]) => {
      const { topic, partition } = place;
      const { records, bytes, rewritten, skippedOffsets, lostOffsets } = meter;
      const times = {
        recordAgeMs: spreads ? meter.recordAgeMs.take() : null,
        replicationLatencyMs: spreads ? meter.replicationLatencyMs.take() : null,
      };
      const totals = { records, bytes, rewritten, skippedOffsets, lostOffsets };
      return { topic, targetTopic: targetTopicOf(topic), partition, ...totals, ...times, lag: lagOf(id) };
    });
  }
}
