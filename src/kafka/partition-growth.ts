import { apis } from './api.ts';
import { brokerError, brokerErrors } from './broker-error.ts';
import type { KafkaCluster } from './cluster.ts';

/** CreatePartitions, version 3: a topic can get more partitions, never fewer. */

const timeoutMs = 30_000; // how long the controller may take

/** Brings each topic to that many partitions in all. INVALID_OPTION when it has as many or more already. */
export async function growPartitions(
  cluster: KafkaCluster,
  topics: readonly Readonly<{ topic: string; partitions: number }>[],
): Promise<void> {
  if (topics.length === 0) return;
  await cluster.retry(async () => {
    const { controller } = await cluster.metadataOnce([]);
    const r = await cluster.request(controller, apis.createPartitions, (w) => {
      w.array(topics, ({ topic, partitions }) => w.string(topic).int32(partitions).nullArray().tags());
      w.int32(timeoutMs).boolean(false).tags(); // not only to validate
    });
    r.int32(); // throttle time
    r.array(() => {
      const topic = r.string();
      const [code, detail] = [r.int16(), r.nullableString()];
      r.tags();
      if (code !== brokerErrors.none) throw brokerError(code, `adding partitions to topic '${topic}'`, detail);
    });
  });
}
