/** The four kinds of traffic, and what a topic of each gets where the file says nothing. docs/topology.md says why. */
import type { LossPolicy } from './topology.ts';

export const trafficKinds = ['queueing', 'metrics', 'logs', 'tracking'] as const;
export type TrafficKind = (typeof trafficKinds)[number];

export type KindDefaults = Readonly<{
  description: string;
  partitions: number;
  /** Where a cluster has as many brokers. */
  replicationFactor: number;
  configs: Readonly<Record<string, string>>;
  /** How a producer of this kind should be set. */
  producer: Readonly<Record<string, string>>;
  /** What a mirror does about records that are gone for good. */
  onLoss: LossPolicy;
}>;

const dayMs = 86_400_000;
const days = (count: number): string => String(count * dayMs);
const mebibyte = 1_048_576;

/** In every copy: batches stay as the producer made them, and an out-of-date replica never leads. */
const common = {
  'cleanup.policy': 'delete',
  'compression.type': 'producer',
  'unclean.leader.election.enable': 'false',
};

export const kindDefaults: Readonly<Record<TrafficKind, KindDefaults>> = {
  queueing: {
    description: 'Messages between services: each is work to be done, and none may be lost.',
    partitions: 12,
    replicationFactor: 3,
    configs: { ...common, 'min.insync.replicas': '2', 'retention.ms': days(14) },
    producer: { acks: 'all', 'enable.idempotence': 'true', 'compression.type': 'lz4' },
    onLoss: 'fail',
  },
  metrics: {
    description: 'Measurements: many, small, soon out of date.',
    partitions: 12,
    replicationFactor: 2,
    configs: { ...common, 'min.insync.replicas': '1', 'retention.ms': days(1), 'segment.ms': String(dayMs / 12) },
    producer: { acks: '1', 'enable.idempotence': 'false', 'compression.type': 'lz4', 'linger.ms': '100' },
    onLoss: 'skip-and-record',
  },
  logs: {
    description: 'Lines of logs: the most bytes, read by few.',
    partitions: 12,
    replicationFactor: 2,
    configs: {
      ...common,
      'min.insync.replicas': '1',
      'retention.ms': days(3),
      'max.message.bytes': String(4 * mebibyte),
    },
    producer: { acks: '1', 'enable.idempotence': 'false', 'compression.type': 'zstd', 'linger.ms': '100' },
    onLoss: 'skip-and-record',
  },
  tracking: {
    description: 'What users do: counted, audited, read by many.',
    partitions: 24,
    replicationFactor: 3,
    configs: { ...common, 'min.insync.replicas': '2', 'retention.ms': days(4) },
    producer: { acks: 'all', 'enable.idempotence': 'true', 'compression.type': 'lz4', 'linger.ms': '50' },
    onLoss: 'skip-and-record',
  },
};
