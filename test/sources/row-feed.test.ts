import { once } from 'node:events';
import { BroadcastChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type FeedAnswer, type FeedRequest, feedChannel } from '../../src/model/row-feed.ts';
import { RowFeed } from '../../src/sources/row-feed.ts';

/** A reader's end: asks, and keeps what is answered to it. */
class Asker {
  readonly answers: FeedAnswer[] = [];
  readonly #channel: BroadcastChannel;
  readonly #token: string;

  constructor(feed: RowFeed, token: string) {
    this.#token = token;
    this.#channel = new BroadcastChannel(feedChannel(feed.id));
    this.#channel.onmessage = (event) => {
      const { data } = event as { data: FeedAnswer | FeedRequest };
      if (data.kind === 'rows' && data.token === token) this.answers.push(data);
    };
  }

  ask(from: number, rows = 10): void {
    this.#channel.postMessage({ kind: 'ask', token: this.#token, from, rows } satisfies FeedRequest);
  }

  async answer(): Promise<FeedAnswer> {
    while (this.answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return this.answers.shift()!;
  }

  close(): void {
    this.#channel.close();
  }
}

describe('a feed', () => {
  it('gives the rows to the reader that asked last: the one before has failed with its question open', async () => {
    const gate = new EventTarget();
    async function* rows() {
      await once(gate, 'go');
      yield { a: 1 };
      yield { a: 2 };
    }
    const feed = new RowFeed(rows());
    const [first, second] = [new Asker(feed, 'first'), new Asker(feed, 'second')];
    first.ask(0, 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    second.ask(0, 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    gate.dispatchEvent(new Event('go'));
    expect((await second.answer()).lines).toEqual(['{"a":1}']);
    second.ask(1, 1);
    expect(await second.answer()).toMatchObject({ lines: ['{"a":2}'], error: null });
    expect(first.answers.flatMap(({ lines }) => lines)).toEqual([]);
    first.close();
    second.close();
    await feed.close();
  });

  it('can be closed while the iterable waits for its next row', async () => {
    async function* rows() {
      await new Promise(() => {});
      yield { a: 1 };
    }
    const feed = new RowFeed(rows());
    const asker = new Asker(feed, 'only');
    asker.ask(0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    asker.close();
    await expect(Promise.race([feed.close(), new Promise((_, reject) => setTimeout(reject, 500))])).resolves.toBe(
      undefined,
    );
  });
});
