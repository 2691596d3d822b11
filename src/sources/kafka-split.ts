import { partitionId } from '../kafka/offsets.ts';
import type { SourceSplit } from '../model/source.ts';

/** The position of a split as it stands in checkpoints. */
export type KafkaPosition = Readonly<{
  topic: string;
  partition: number;
  topicId: string;
  /** The next offset to read. */
  offset: number;
  /** Reading ends before it; null: without end. */
  stopOffset: number | null;
}>;

export function splitOf(position: KafkaPosition): SourceSplit {
  return { id: partitionId(position), position };
}

export function positionOf(split: SourceSplit): KafkaPosition {
  return split.position as KafkaPosition;
}
