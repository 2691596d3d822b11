import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, type Message, MessagesStreamFallbackModes, MessagesStreamModes } from '@platformatic/kafka';

/** A consumer as applications have it: a member of a group, that goes on where the group stands, or else at the beginning. */
export class GroupConsumer {
  readonly #consumer: Consumer<Buffer, Buffer, Buffer, Buffer>;
  readonly #group: string;
  readonly #topics: readonly string[];

  constructor(bootstrap: string, group: string, topics: readonly string[]) {
    this.#consumer = new Consumer({ clientId: 'test', groupId: group, bootstrapBrokers: [bootstrap] });
    this.#group = group;
    this.#topics = topics;
  }

  get group(): string {
    return this.#group;
  }

  /** Reads `count` values, or what came in `quietMs` without any, and commits the position behind each that it returns. */
  async take(count: number, quietMs = 1_500): Promise<string[]> {
    const stream = await this.#consumer.consume({
      topics: [...this.#topics],
      autocommit: false,
      mode: MessagesStreamModes.COMMITTED,
      fallbackMode: MessagesStreamFallbackModes.EARLIEST,
      maxWaitTime: 100,
    });
    const values: string[] = [];
    const next = stream[Symbol.asyncIterator]();
    let pending: Promise<IteratorResult<Message<Buffer, Buffer, Buffer, Buffer>>> | null = null;
    while (values.length < count) {
      pending ??= next.next();
      const quiet = sleep(values.length === 0 ? quietMs * 4 : quietMs).then(() => null); // joining takes a while
      const taken = await Promise.race([pending, quiet]);
      if (taken === null || taken.done) break;
      pending = null;
      values.push(String(taken.value.value));
      await taken.value.commit();
    }
    pending?.catch(() => {});
    await stream.close();
    return values;
  }

  async close(): Promise<void> {
    await this.#consumer.close(true);
  }
}
