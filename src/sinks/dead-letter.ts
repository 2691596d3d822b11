/** Where records go that can't be read, as `millrace.dead-letter.*` says. */
import type { DeadLetterContext, DeadLetters } from '../model/dead-letter.ts';
import { EngineError } from '../model/errors.ts';
import type { BadRecord, BadRecordHandler } from '../model/source.ts';
import { DeadLetterFile } from './dead-letter-file.ts';
import { type DeadLetterTopic, deadLetterTarget } from './dead-letter-options.ts';

/** What a topic needs: the composition root gives one over a Kafka client. Bytes are borrowed until `send` returns. */
export interface DeadLetterProducer {
  send(topic: string, key: Uint8Array | null, value: Uint8Array, headers: Readonly<Record<string, string>>): void;
  /** Resolves when all that was sent is acknowledged. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const nothing = async (): Promise<void> => undefined;

/**
 * *Delivery guarantee*: at-least-once. After a failure, the records since the last checkpoint come again.
 *
 * `config`: the settings by key, checked by `deadLetterOptionSpecs`. `createProducer` is called with mode topic only.
 */
export function createDeadLetters(
  config: Readonly<Record<string, unknown>>,
  ctx: DeadLetterContext,
  createProducer: (target: DeadLetterTopic) => DeadLetterProducer,
): DeadLetters {
  const target = deadLetterTarget(config);
  switch (target.mode) {
    case 'fail':
      return { handle: failJob, keeps: false, flush: nothing, close: nothing };
    case 'skip':
      return { handle: () => ctx.counters.add('skippedRecords', 1), keeps: false, flush: nothing, close: nothing };
    case 'file': {
      const file = new DeadLetterFile(target.path, ctx);
      return counted(ctx, (record) => file.add(record), file);
    }
    case 'topic': {
      const letters = new TopicLetters(target.topic, createProducer(target), ctx.jobName);
      return counted(ctx, (record) => letters.add(record), letters);
    }
  }
}

type Target = Readonly<{ flush(): Promise<void>; close(): Promise<void> }>;

function counted(ctx: DeadLetterContext, add: BadRecordHandler, target: Target): DeadLetters {
  return {
    handle: (record) => {
      add(record);
      ctx.counters.add('deadLetters', 1);
    },
    keeps: true,
    flush: () => target.flush(),
    close: () => target.close(),
  };
}

function failJob(record: BadRecord): never {
  throw new EngineError('BAD_RECORD', `${placeOf(record)}: ${record.error}; the record: ${excerptOf(record.value)}`, {
    hint: "SET 'millrace.dead-letter.mode' = 'skip', 'file' or 'topic' goes on without such records.",
  });
}

function placeOf({ source, partition, offset }: BadRecord): string {
  return partition === undefined ? `${source}, line ${offset}` : `${source}, partition ${partition}, offset ${offset}`;
}

const excerptBytes = 200;

function excerptOf(value: Uint8Array): string {
  const text = new TextDecoder().decode(value.subarray(0, excerptBytes));
  return value.length > excerptBytes ? `${text}… (${value.length} bytes)` : text;
}

const flushBytes = 1 << 20; // not yet acknowledged: from here on it is asked for
const maxPendingBytes = 64 << 20; // from here on nearly everything is unreadable: the job fails

class TopicLetters {
  readonly #topic: string;
  readonly #producer: DeadLetterProducer;
  readonly #jobName: string;
  #pendingBytes = 0;
  #flushing: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(topic: string, producer: DeadLetterProducer, jobName: string) {
    this.#topic = topic;
    this.#producer = producer;
    this.#jobName = jobName;
  }

  add(record: BadRecord): void {
    if (this.#failure !== null) throw this.#failure;
    this.#pendingBytes += record.value.length + (record.key?.length ?? 0);
    if (this.#pendingBytes > maxPendingBytes) {
      throw new EngineError(
        'LIMIT',
        `${placeOf(record)}: more than ${maxPendingBytes} bytes of unreadable records wait for topic '${this.#topic}'`,
        { hint: "Is the table's format right? Else see whether the brokers take writes." },
      );
    }
    this.#producer.send(this.#topic, record.key ?? null, record.value, headersOf(record, this.#jobName));
    if (this.#pendingBytes > flushBytes) this.flush().catch(() => undefined); // said by the next `add` or `flush`
  }

  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    const bytes = this.#pendingBytes;
    try {
      await this.#producer.flush();
      this.#pendingBytes -= bytes;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}

function headersOf(record: BadRecord, jobName: string): Readonly<Record<string, string>> {
  const { error, source, partition, offset, timestamp } = record;
  return {
    'millrace.job': jobName,
    'millrace.error': error,
    'millrace.source': source,
    ...(partition === undefined ? {} : { 'millrace.partition': String(partition) }),
    'millrace.offset': String(offset),
    ...(timestamp === undefined ? {} : { 'millrace.timestamp': String(timestamp) }),
  };
}
