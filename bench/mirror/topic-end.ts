/** How many records have come to a topic. */
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaCluster } from '../../src/kafka/cluster.ts';
import { listOffsets, offsetSpec } from '../../src/kafka/offsets.ts';
import { partitions } from './record-kind.ts';

export class TopicEnd {
  readonly #cluster: KafkaCluster;
  readonly #partitions: readonly Readonly<{ topic: string; partition: number }>[];
  #exists = false;

  constructor(bootstrap: string, topic: string) {
    this.#cluster = new KafkaCluster(clientConfig(new Map([['bootstrap.servers', bootstrap]]), 'bench'));
    this.#partitions = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  }

  /** Null while there is no such topic; it begins at 0 and has records only. */
  async records(): Promise<number | null> {
    this.#exists ||= await this.#isThere();
    if (!this.#exists) return null;
    const ends = await listOffsets(this.#cluster, this.#partitions, offsetSpec.latest, false);
    return [...ends.values()].reduce((sum, end) => sum + end, 0);
  }

  close(): void {
    this.#cluster.close();
  }

  async #isThere(): Promise<boolean> {
    const { topics } = await this.#cluster.metadata([this.#partitions[0]!.topic]);
    const led = topics[0]?.partitions.filter(({ leader }) => leader >= 0) ?? [];
    return led.length === partitions;
  }
}
