import { createTopics } from '../kafka/admin.ts';
import { BatchBuilder, stampBatch } from '../kafka/batch-builder.ts';
import { brokerError, brokerErrors } from '../kafka/broker-error.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { produceBatches } from '../kafka/produce.ts';
import { RecordKernel } from '../kafka/record-kernel.ts';
import { RequestWriter } from '../kafka/request-writer.ts';
import { isEngineError } from '../model/errors.ts';
import { heartbeatsTopic } from './mirror-names.ts';

/**
 * Signs of life in the target's topic `heartbeats`, in the form of MirrorMaker 2 (org.apache.kafka.connect.mirror.Heartbeat), so that its
 * tools see this mirror: the key names both clusters, the value has a version (0) and the time.
 */
const version = 0;
const nobody = { id: -1, epoch: -1, sequence: -1 } as const;

export type MirrorAliases = Readonly<{ source: string; target: string }>;

export function heartbeatKey({ source, target }: MirrorAliases): Buffer {
  return Buffer.concat(new RequestWriter().shortString(source).shortString(target).chunks());
}

/** `time`: ms since 1970. */
export function heartbeatValue(time: number): Buffer {
  return Buffer.concat(new RequestWriter().int16(version).int64(time).chunks());
}

/** Writes them. A heartbeat that comes twice does no harm: it is not idempotent. */
export class Heartbeats {
  readonly #target: KafkaCluster;
  readonly #aliases: MirrorAliases;
  readonly #replicationFactor: number;
  readonly #kernel = new RecordKernel();

  /** `replicationFactor`: of the topic when it has to be made; −1: the brokers' default. */
  constructor(target: KafkaCluster, aliases: MirrorAliases, replicationFactor: number) {
    this.#target = target;
    this.#aliases = aliases;
    this.#replicationFactor = replicationFactor;
  }

  /** `time`: ms since 1970. */
  async beat(time: number): Promise<void> {
    const builder = new BatchBuilder();
    builder.append(heartbeatKey(this.#aliases), heartbeatValue(time), time, null);
    const { bytes } = builder.seal('none');
    stampBatch(bytes, nobody, this.#kernel);
    await this.#target.retry(async () => {
      const leader = await this.#leader();
      const [result] = await produceBatches(this.#target, leader, [{ topic: heartbeatsTopic, partition: 0, bytes }]);
      if (result!.errorCode === brokerErrors.none) return;
      throw brokerError(result!.errorCode, `topic '${heartbeatsTopic}'`, result!.detail);
    });
  }

  async #leader(): Promise<number> {
    const { topics } = await this.#target.metadataOnce([heartbeatsTopic]);
    const [topic] = topics;
    if (topic?.errorCode === brokerErrors.unknownTopicOrPartition) await this.#create();
    else if (topic !== undefined && topic.errorCode !== brokerErrors.none && topic.partitions.length === 0) {
      throw brokerError(topic.errorCode, `topic '${heartbeatsTopic}'`);
    }
    return topic?.partitions[0]?.leader ?? -1; // of none: a passing fault, and the next attempt knows it
  }

  async #create(): Promise<void> {
    const topic = { name: heartbeatsTopic, partitions: 1, replicationFactor: this.#replicationFactor };
    try {
      await createTopics(this.#target, [{ ...topic, config: { 'cleanup.policy': 'compact' } }]);
    } catch (error) {
      if (!isEngineError(error) || error.code !== 'CONFLICT') throw error; // another mirror was faster
    }
  }
}
