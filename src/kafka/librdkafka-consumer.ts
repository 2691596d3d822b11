import { EngineError, toErrorData } from '../model/errors.ts';
import type { Addon, AddonConsumer, AddonError, AddonMessage } from './librdkafka-addon.ts';
import { DamageWatch } from './librdkafka-damage.ts';
import { LibrdkafkaPacker } from './librdkafka-packer.ts';
import {
  type AssignedPartition,
  type FromChild,
  initialCredits,
  type LibrdkafkaConfig,
  type PackedRecords,
  type ToChild,
} from './librdkafka-protocol.ts';
import { partitionId } from './offsets.ts';
import { Signal } from './signal.ts';

const connectTimeoutMs = 10_000;
/** How long librdkafka may wait for the first record of a batch, ms. The others are taken only if they are there. */
const consumeTimeoutMs = 100;
/** Bounds of a batch: so many records, and so many bytes by the size of those before. */
const batchRecords = 2_000;
const firstBatchRecords = 100;
const batchBytes = 1 << 20;
/** librdkafka says the same of a lost broker dozens of times in a moment. */
const retryIntervalMs = 500;

/** Codes of the addon's errors (rdkafka.h, rd_kafka_resp_err_t) that decide what happens. */
const codes = { autoOffsetReset: -140, badMessage: -199, badCompression: -198, notImplemented: -170, fatal: -150 };
const damaged: ReadonlySet<number> = new Set([codes.badMessage, codes.badCompression, codes.notImplemented]);

/** Child process: librdkafka's consumer with partitions assigned by hand. It joins no group and commits nothing. */
export class LibrdkafkaConsumer {
  readonly #consumer: AddonConsumer;
  readonly #send: (message: FromChild) => void;
  readonly #packer = new LibrdkafkaPacker();
  readonly #changed = new Signal();
  /** Until where assigned partitions are read, by their ids. */
  readonly #stops = new Map<string, number>();
  #waiting: AssignedPartition[] = [];
  #credits = initialCredits;
  #batchRecords = firstBatchRecords;
  #lastFailure = '';
  #lastRetry = -Infinity;
  readonly #damage = new DamageWatch();

  /** INVALID_OPTION when librdkafka refuses a setting; its message names it. */
  constructor(addon: Addon, config: LibrdkafkaConfig, send: (message: FromChild) => void) {
    this.#send = send;
    this.#consumer = createConsumer(addon, config);
    this.#consumer.setDefaultConsumeTimeout(consumeTimeoutMs);
    this.#consumer.setDefaultIsTimeoutOnlyForFirstMessage(true);
    this.#consumer.on('partition.eof', (position) => this.#packer.end(position, position.offset));
    this.#consumer.on('event.error', (error) => this.#retried(this.#lastFailure || error.message));
    this.#consumer.on('event.log', ({ fac, message }) => this.#logged(fac, message));
    this.#consumer.on('event.stats', ({ message }) => this.#checkResponses(message));
  }

  receive(message: Exclude<ToChild, { kind: 'start' }>): void {
    if (message.kind === 'credit') this.#credits++;
    else this.#waiting.push(...message.partitions);
    this.#changed.notify();
  }

  /** Connects, and reads as long as there are credits. Never returns; throws what ended the reading. */
  async run(): Promise<never> {
    await this.#connect();
    for (;;) {
      this.#assign();
      if (this.#credits === 0 || this.#stops.size === 0) await this.#changed.wait();
      else await this.#read();
    }
  }

  async #connect(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#consumer.connect({ allTopics: false, timeout: connectTimeoutMs }, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(new EngineError('CONNECTION', `librdkafka: ${this.#lastFailure || error.message}`));
    });
    await promise;
  }

  #assign(): void {
    if (this.#waiting.length === 0) return;
    this.#consumer.incrementalAssign(
      this.#waiting.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
    );
    for (const partition of this.#waiting) this.#stops.set(partitionId(partition), partition.stopOffset);
    this.#waiting = [];
  }

  async #read(): Promise<void> {
    const messages = await this.#consume();
    for (const message of messages) this.#packer.append(message);
    this.#adaptBatch(messages);
    if (this.#packer.empty) return;
    const partitions = this.#packer.take(({ topic, partition }) => this.#highWatermark(topic, partition));
    this.#credits--;
    this.#send({ kind: 'records', partitions });
    this.#unassignFinished(partitions);
  }

  async #consume(): Promise<readonly AddonMessage[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly AddonMessage[]>();
    this.#consumer.consume(this.#batchRecords, (error, messages) => {
      if (error === null || error === undefined) resolve(messages);
      else if (isFinal(error)) reject(faultOf(error));
      else {
        if (error.code === codes.autoOffsetReset) this.#send({ kind: 'out_of_range' });
        else this.#retried(error.message);
        resolve([]);
      }
    });
    return promise;
  }

  #adaptBatch(messages: readonly AddonMessage[]): void {
    if (messages.length === 0) return;
    const bytes = messages.reduce((sum, { value, key }) => sum + (value?.length ?? 0) + (key?.length ?? 0) + 1, 0);
    const fitting = Math.floor((batchBytes * messages.length) / bytes);
    this.#batchRecords = Math.min(batchRecords, Math.max(1, fitting));
  }

  /** Partitions are not read on behind their stop. */
  #unassignFinished(partitions: readonly PackedRecords[]): void {
    const finished = partitions.filter((each) => each.nextOffset >= this.#stops.get(partitionId(each))!);
    if (finished.length === 0) return;
    this.#consumer.incrementalUnassign(
      finished.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset })),
    );
    for (const partition of finished) this.#stops.delete(partitionId(partition));
  }

  #highWatermark(topic: string, partition: number): number {
    return Math.max(-1, this.#consumer.getWatermarkOffsets(topic, partition).highOffset);
  }

  #logged(facility: string, message: string): void {
    const text = message.replace(/^\[thrd:[^\]]*\]: /, '');
    if (facility === 'FAIL') this.#lastFailure = text;
    if (facility === 'OFFSET') this.#send({ kind: 'reset', message: text });
  }

  #retried(reason: string): void {
    const now = performance.now();
    if (now - this.#lastRetry < retryIntervalMs) return;
    this.#lastRetry = now;
    this.#send({ kind: 'retry', reason });
  }

  #checkResponses(statistics: string): void {
    if (!this.#damage.seen(statistics)) return;
    this.#send({ kind: 'failed', error: toErrorData(damage('a record batch is damaged')) });
  }
}

/** A property of topics counts only among the topics' own: the binding puts an empty set of them over what stands with the others. */
function createConsumer(addon: Addon, { 'auto.offset.reset': reset, ...config }: LibrdkafkaConfig): AddonConsumer {
  try {
    return new addon.KafkaConsumer(config, { 'auto.offset.reset': reset });
  } catch (cause) {
    const message = `librdkafka: ${(cause as Error).message}`;
    const hint =
      "Settings of 'properties.*' go to librdkafka by its own names, or the Java client's where they mean the same.";
    throw new EngineError('INVALID_OPTION', message, { hint, cause });
  }
}

function isFinal({ code }: AddonError): boolean {
  return damaged.has(code) || code === codes.fatal;
}

function faultOf({ code, message }: AddonError): EngineError {
  return damaged.has(code) ? damage(message) : new EngineError('CONNECTION', `librdkafka: ${message}`);
}

function damage(what: string): EngineError {
  return new EngineError('BAD_RECORD', `librdkafka: ${what}`, {
    hint: "Records may have been passed over: read the topic with 'millrace.kafka.client' = 'native', which names the batch.",
  });
}
