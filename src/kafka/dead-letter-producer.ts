import { clientConfig } from './client-config.ts';
import { KafkaProducer } from './producer.ts';

type Letter = Readonly<{ key: Uint8Array | null; value: Uint8Array; headers: ReadonlyMap<string, string> }>;

/**
 * Writes records that could not be read to a topic, with key, value and where they stood as headers (the contract stands in
 * sinks/dead-letter.ts). The topic is looked up at once; what comes before that is known waits, within the caller's bound.
 */
export class DeadLetterTopicProducer {
  readonly #topic: string;
  readonly #now: () => number;
  readonly #producer: KafkaProducer;
  readonly #opening: Promise<unknown>;
  #early: Letter[] | null = [];

  constructor(target: { topic: string; properties: ReadonlyMap<string, string> }, now: () => number) {
    const where = `dead letters, topic '${target.topic}'`;
    this.#topic = target.topic;
    this.#now = now;
    this.#producer = new KafkaProducer(clientConfig(target.properties, where), now);
    this.#opening = this.#producer.open(target.topic).then(() => {
      for (const { key, value, headers } of this.#early ?? []) this.#write(key, value, headers);
      this.#early = null;
    });
    this.#opening.catch(() => {}); // said by `flush`
  }

  send(_topic: string, key: Uint8Array | null, value: Uint8Array, headers: Readonly<Record<string, string>>): void {
    const entries = new Map(Object.entries(headers));
    if (this.#early === null) this.#write(key, value, entries);
    else this.#early.push({ key: key && Uint8Array.from(key), value: Uint8Array.from(value), headers: entries });
  }

  #write(key: Uint8Array | null, value: Uint8Array, headers: ReadonlyMap<string, string>): void {
    this.#producer.send(this.#topic, null, key, value, this.#now(), headers);
  }

  async flush(): Promise<void> {
    await this.#opening;
    await this.#producer.flush();
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}
