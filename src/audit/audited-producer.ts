/** A Kafka producer whose records are named and counted for the audit. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type Clock, systemClock } from '../engine/clock.ts';
import { clientConfig } from '../kafka/client-config.ts';
import { KafkaProducer } from '../kafka/producer.ts';
import { auditTopic, ensureAuditTopic } from './audit-topic.ts';
import { ProducerAudit, type RecordToAudit } from './producer-audit.ts';

export type AuditedProducerOptions = Readonly<{
  /** Of the Kafka client, as Kafka names them; `bootstrap.servers` among them. */
  properties: Readonly<Record<string, string>>;
  /** Name of the program: what a lost record is called by, with session and sequence. */
  producer: string;
  /** The machine's name if not set. */
  host?: string | undefined;
  /** How often counts are sent; 5 s if not set. */
  intervalMs?: number | undefined;
  clock?: Clock | undefined;
}>;

/** `timestamp`: ms since 1970, now if not set. `partition`: by the key if not set. */
export type ProducedRecord = Omit<RecordToAudit, 'timestamp'> &
  Readonly<{ timestamp?: number | undefined; partition?: number | undefined }>;

const standardIntervalMs = 5_000;

/**
 * *Delivery guarantee*: that of the producer below it (producer.ts): what was sent before `flush` is on all in-sync replicas when it resolves.
 * What was counted and did not arrive, because the process died, is a loss that the audit names.
 */
export class AuditedProducer {
  readonly #audit: ProducerAudit;
  readonly #producer: KafkaProducer;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #sending: Promise<void>;

  private constructor(audit: ProducerAudit, producer: KafkaProducer, clock: Clock, intervalMs: number) {
    this.#audit = audit;
    this.#producer = producer;
    this.#clock = clock;
    this.#sending = this.#sendCounts(intervalMs);
  }

  /** Connects, and makes the topic `millrace-audit` where there is none. */
  static async open(options: AuditedProducerOptions): Promise<AuditedProducer> {
    const { clock = systemClock, host = hostname(), intervalMs = standardIntervalMs } = options;
    const config = clientConfig(new Map(Object.entries(options.properties)), `producer '${options.producer}'`);
    await ensureAuditTopic(config);
    const producer = new KafkaProducer(config, () => clock.now());
    try {
      await producer.open(auditTopic);
    } catch (error) {
      await producer.close();
      throw error;
    }
    const audit = new ProducerAudit({ producer: options.producer, host }, () => randomBytes(8).toString('hex'));
    return new AuditedProducer(audit, producer, clock, intervalMs);
  }

  /** To be awaited before the first `send` to a topic. The number of its partitions; NOT_FOUND when there is no such topic. */
  open(topic: string): Promise<number> {
    return this.#producer.open(topic);
  }

  /** Takes a record; bytes are copied. */
  send(topic: string, record: ProducedRecord): void {
    const now = this.#clock.now();
    const { key, value, timestamp = now, partition = null } = record;
    const headers = this.#audit.stamp(topic, { key, value, timestamp, headers: record.headers }, now);
    this.#producer.send(topic, partition, key, value, timestamp, headers);
  }

  /** null: go on. Else buffers are full: wait. */
  ready(): Promise<void> | null {
    return this.#producer.ready();
  }

  /** Resolves when everything sent so far is written, with its counts. */
  flush(): Promise<void> {
    this.#count();
    return this.#producer.flush();
  }

  /** Writes what waits and the last counts, then closes. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sending;
    try {
      this.#count(true);
      await this.#producer.flush();
    } finally {
      await this.#producer.close();
    }
  }

  async #sendCounts(intervalMs: number): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      await this.#clock.sleep(intervalMs, signal);
      if (signal.aborted) return;
      try {
        this.#count();
      } catch {
        return; // the producer has failed, and says so to who sends or flushes
      }
    }
  }

  #count(all = false): void {
    const now = this.#clock.now();
    for (const { key, value } of this.#audit.messages(all)) this.#producer.send(auditTopic, null, key, value, now);
  }
}
