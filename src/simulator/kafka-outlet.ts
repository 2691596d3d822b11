/** Records to a Kafka topic, the member's name as key: by the default partitioner a member stays in one partition. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createTopics, listTopics } from '../kafka/admin.ts';
import { type ClientConfig, clientConfig } from '../kafka/client-config.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { keyHash } from '../kafka/murmur2.ts';
import { KafkaProducer } from '../kafka/producer.ts';
import { isEngineError } from '../model/errors.ts';
import type { Outlet } from './outlet.ts';
import type { Shard } from './record-stream.ts';
import type { KafkaTarget, Scenario } from './scenario.ts';

/**
 * *Delivery guarantee*: on all in-sync replicas when `close` has resolved; a retry writes nothing twice. NOT_FOUND when there is no such
 * topic and the target does not say how many partitions it should have.
 */
export async function kafkaOutlet(
  target: KafkaTarget,
  scenario: Scenario,
  shard: Shard,
  clock: Readonly<{ now(): number }>,
  auditedSender: AuditedSender,
): Promise<Outlet> {
  const config = clientConfig(target.properties, `scenario '${scenario.name}', target kafka`);
  if (target.partitions !== null) await ensureTopic(config, target.topic, target.partitions);
  const sender = scenario.audit
    ? await auditedSender(target.topic, Object.fromEntries(target.properties), scenario.name)
    : plainSender(config, target.topic, clock);
  try {
    const partitions = await (target.partitions === null ? sender.open() : openWhenThere(sender));
    return new KafkaOutlet(sender, scenario.subject.keys(shard), partitions);
  } catch (error) {
    await sender.close().catch(() => {}); // the error that came first counts
    throw error;
  }
}

/** Sends records to one topic; `open` gives the number of its partitions, `close` writes what waits. */
export type RecordSender = Readonly<{
  open: () => Promise<number>;
  send: (partition: number, key: Uint8Array, value: Uint8Array, timestamp: number) => void;
  ready: () => Promise<void> | null;
  close: () => Promise<void>;
}>;

/** Makes a sender whose records are named, by the producer's name, and counted for the audit. */
export type AuditedSender = (
  topic: string,
  properties: Readonly<Record<string, string>>,
  producer: string,
) => Promise<RecordSender>;

function plainSender(config: ClientConfig, topic: string, clock: Readonly<{ now(): number }>): RecordSender {
  const producer = new KafkaProducer(config, () => clock.now());
  return {
    open: () => producer.open(topic),
    send: (partition, key, value, timestamp) => producer.send(topic, partition, key, value, timestamp),
    ready: () => producer.ready(),
    close: () => producer.flush().finally(() => producer.close()),
  };
}

/** Replicas are the brokers' default. Several publishers may do it at once. */
async function ensureTopic(config: ClientConfig, name: string, partitions: number): Promise<void> {
  const cluster = new KafkaCluster(config);
  try {
    if ((await listTopics(cluster)).some((topic) => topic.name === name)) return;
    await createTopics(cluster, [{ name, partitions, replicationFactor: -1 }]);
  } catch (error) {
    if (!isEngineError(error) || error.code !== 'CONFLICT') throw error;
  } finally {
    cluster.close();
  }
}

const patience = 60; // naps

/** A topic that was just made is not known to every broker at once. */
export async function openWhenThere(sender: RecordSender, napMs = 500): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sender.open();
    } catch (error) {
      if (!isEngineError(error) || error.code !== 'NOT_FOUND' || attempt === patience) throw error;
      await sleep(napMs);
    }
  }
}

class KafkaOutlet implements Outlet {
  readonly #sender: RecordSender;
  readonly #keys: readonly Uint8Array[];
  readonly #partitions: Int32Array;

  constructor(sender: RecordSender, keys: readonly Uint8Array[], partitions: number) {
    this.#sender = sender;
    this.#keys = keys;
    this.#partitions = Int32Array.from(keys, (key) => keyHash(key) % partitions);
  }

  async write({ length, bytes, starts, ends, members, timestamps }: Parameters<Outlet['write']>[0]): Promise<void> {
    for (let row = 0; row < length; row++) {
      const member = members[row]!;
      const value = bytes.subarray(starts[row], ends[row]);
      this.#sender.send(this.#partitions[member]!, this.#keys[member]!, value, timestamps[row]!);
    }
    await (this.#sender.ready() ?? undefined);
  }

  close(): Promise<void> {
    return this.#sender.close();
  }
}
