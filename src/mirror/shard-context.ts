import type { Clock } from '../engine/clock.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import type { TopicPartition } from '../kafka/offsets.ts';
import type { MirrorLoss } from '../model/audit.ts';
import type { ByteQuota } from './byte-quota.ts';
import type { MirrorSpec } from './mirror-spec.ts';
import type { PartitionMeter } from './partition-meter.ts';
import type { Passage } from './passage.ts';
import type { MirroredTopic } from './resume.ts';
import type { SourceReader } from './source-reader.ts';
import type { TargetWriter } from './target-writer.ts';

/** What the shards of a process share. */
export type ShardContext = Readonly<{
  spec: MirrorSpec;
  clock: Clock;
  source: KafkaCluster;
  target: KafkaCluster;
  reader: SourceReader;
  writer: TargetWriter;
  passage: Passage;
  /** Names this process among those of the mirror. */
  token: string;
  meter: (place: TopicPartition) => PartitionMeter;
  quota: (topic: string) => ByteQuota;
  /** Where a partition ends for a mirror that runs once; Infinity for one that runs on. */
  stopOffset: (id: string) => number;
  /** Bytes of a partition that may wait to be written. */
  pendingLimit: number;
  /** The topic as it is now, and its copy; null: there is none. */
  currentPair: (topic: string) => Promise<MirroredTopic | null>;
  lost: (loss: MirrorLoss) => void;
  warn: (text: string) => void;
}>;
