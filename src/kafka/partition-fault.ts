import { EngineError } from '../model/errors.ts';
import { brokerErrors } from './broker-error.ts';
import type { TopicMetadata } from './cluster.ts';
import type { PartitionFetch } from './partition-fetch.ts';

/** Faults of a partition that do not pass by waiting, the same whichever client met them. */

/** Answers in a row that don't know a topic, until it counts as deleted: a new broker may not have heard of it yet. */
const missingLimit = 6;

/** Whether the metadata know the partition's topic. Throws NOT_FOUND when it is gone, CONFLICT when it is another by that name. */
export function isThere(partition: PartitionFetch, topic: TopicMetadata | undefined): boolean {
  const missing = (topic?.errorCode ?? brokerErrors.unknownTopicOrPartition) === brokerErrors.unknownTopicOrPartition;
  partition.missing = missing ? partition.missing + 1 : 0;
  if (partition.missing >= missingLimit) throw gone(partition);
  if (!missing && topic!.id !== partition.topicId) throw recreated(partition.where);
  return !missing;
}

function gone(partition: PartitionFetch): EngineError {
  return new EngineError('NOT_FOUND', `topic '${partition.topic}' was deleted while it was read`, {
    hint: 'Make it anew and start the job without its checkpoint (--restore none).',
  });
}

/** Positions of a topic mean nothing in another topic of that name. */
export function recreated(where: string): EngineError {
  return new EngineError('CONFLICT', `${where}: the topic was deleted and made anew since its position was taken`, {
    hint: 'Start the job without its checkpoint (--restore none), or point it at another topic.',
  });
}

/** The partition holds `low` to `high`, and its position is not among them. */
export function outOfRange(partition: PartitionFetch, low: number, high: number): EngineError {
  const there = `the partition holds ${low} to ${high}`;
  return new EngineError('NOT_FOUND', `${partition.where}: expected offset ${partition.offset}, but ${there}`, {
    hint:
      partition.offset < low
        ? "Retention has deleted the records before they were read. 'properties.auto.offset.reset' = 'earliest' goes on after the gap."
        : "The partition has lost records. 'properties.auto.offset.reset' = 'latest' goes on from its end.",
  });
}
