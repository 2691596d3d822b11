import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, MessagesStreamFallbackModes, MessagesStreamModes } from '@platformatic/kafka';

const patienceMs = 10_000;

/** A consumer as applications have it: a member of a group, that goes on where the group stands, or else at the beginning. */
export class GroupConsumer {
  readonly #consumer: Consumer<Buffer, Buffer, Buffer, Buffer>;
  readonly #topics: readonly string[];

  constructor(bootstrap: string, group: string, topics: readonly string[]) {
    this.#consumer = new Consumer({ clientId: 'test', groupId: group, bootstrapBrokers: [bootstrap] });
    this.#topics = topics;
  }

  /** Reads so many values and commits the position behind each. Fewer when nothing comes for `patienceMs`. */
  async take(count: number): Promise<string[]> {
    const stream = await this.#consumer.consume({
      topics: [...this.#topics],
      autocommit: false,
      mode: MessagesStreamModes.COMMITTED,
      fallbackMode: MessagesStreamFallbackModes.EARLIEST,
      maxWaitTime: 100,
    });
    const values: string[] = [];
    const next = stream[Symbol.asyncIterator]();
    while (values.length < count) {
      const taken = await Promise.race([next.next(), sleep(patienceMs, null, { ref: false })]);
      if (taken === null || taken.done) break;
      values.push(String(taken.value.value));
      await taken.value.commit();
    }
    await stream.close();
    return values;
  }

  async close(): Promise<void> {
    await this.#consumer.close(true);
  }
}
