/** Fills topics with events, by the project's own producer. */
import { systemClock } from '../../src/engine/clock.ts';
import { clientConfig } from '../../src/kafka/client-config.ts';
import { KafkaProducer } from '../../src/kafka/producer.ts';
import type { TestKafka } from '../../test/support/testbed/kafka.ts';
import type { EventShape } from './events.ts';

export const partitions = 4;
const pieceSize = 50_000; // events in memory at a time

/** A topic of `count` events in lz4 batches of 256 KB, each device in one partition. Returns the bytes of JSON. */
export async function loadTopic(kafka: TestKafka, topic: string, shape: EventShape, count: number): Promise<number> {
  await kafka.createTopic(topic, partitions, { 'max.message.bytes': '10485760' });
  const properties = { 'bootstrap.servers': kafka.bootstrap, 'compression.type': 'lz4' };
  const producer = new KafkaProducer(clientConfig(new Map(Object.entries(properties)), 'bench'), systemClock.now);
  let bytes = 0;
  try {
    await producer.open(topic);
    for (const events of shape.generate(count, pieceSize)) {
      for (let i = 0; i < events.length; i++) {
        const value = events.bytes.subarray(events.starts[i], events.ends[i]);
        producer.send(topic, events.devices[i]! % partitions, null, value, events.times[i]!);
      }
      bytes += events.bytes.length;
      await producer.ready();
    }
    await producer.flush();
  } finally {
    await producer.close();
  }
  return bytes;
}
