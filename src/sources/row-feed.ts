/** The program's end of the `iterable` connector: hands the rows of an iterable to whichever reader asks for them. */
import { BroadcastChannel } from 'node:worker_threads';
import { type FeedAnswer, type FeedRequest, feedChannel } from '../model/row-feed.ts';

export type FeedRows = AsyncIterable<object> | Iterable<object>;

type Answer = Omit<FeedAnswer, 'kind' | 'token'>;

const notYet = Symbol('no row for now');

export class RowFeed {
  readonly id = crypto.randomUUID();
  readonly #channel = new BroadcastChannel(feedChannel(this.id));
  readonly #rows: AsyncIterator<object> | Iterator<object>;
  #next: Promise<IteratorResult<object>> | null = null;
  /** Rows that are taken out of the iterable and not yet handed over. */
  readonly #lines: string[] = [];
  #done = false;
  /** The row that comes next, counted as the readers count; null until the first asks. */
  #position: number | null = null;
  /** Who asked last: after a failure the reader before may have left a question open. */
  #token: string | null = null;

  constructor(rows: FeedRows) {
    this.#rows = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
    this.#channel.onmessage = (event) => {
      const message = (event as { data: FeedRequest | FeedAnswer }).data;
      if (message.kind === 'ask') void this.#answer(message);
    };
  }

  /** Ends the iterable where it stands; one that is on its way to its next row, which may never come, ends when it is there. */
  async close(): Promise<void> {
    this.#channel.close();
    const ended = Promise.resolve(this.#rows.return?.());
    if (this.#next === null) await ended;
    else ended.catch(() => undefined);
  }

  async #answer(request: FeedRequest): Promise<void> {
    const { token, from } = request;
    this.#token = token;
    this.#position ??= from;
    const answer = await this.#take(request).catch(
      (error: unknown): Answer => ({ lines: [], done: true, error: String(error) }),
    );
    if (token !== this.#token) return;
    this.#position += answer.lines.length;
    const message: FeedAnswer = { kind: 'rows', token, ...answer };
    this.#channel.postMessage(message);
  }

  /** One row at least, and what else there is without waiting. */
  async #take({ token, from, rows }: FeedRequest): Promise<Answer> {
    if (from !== this.#position) {
      const error = `rows ${from} to ${this.#position} were handed over before a failure, and can't be asked for again`;
      return { lines: [], done: true, error };
    }
    while (this.#lines.length < rows && !this.#done) {
      this.#next ??= Promise.resolve(this.#rows.next());
      const result = this.#lines.length === 0 ? await this.#next : await Promise.race([this.#next, nextTurn()]);
      if (token !== this.#token) return { lines: [], done: false, error: null }; // the row is the other one's
      if (result === notYet) break;
      this.#next = null;
      if (result.done === true) this.#done = true;
      else this.#lines.push(JSON.stringify(result.value, jsonValue));
    }
    const lines = this.#lines.splice(0, rows);
    return { lines, done: this.#done && this.#lines.length === 0, error: null };
  }
}

function nextTurn(): Promise<typeof notYet> {
  return new Promise((resolve) => setImmediate(resolve, notYet));
}

/** What JSON has not: exact big integers, and bytes as base64. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return rawJson(String(value));
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return value instanceof Map ? Object.fromEntries(value) : value;
}

/** A number with all its digits (ECMAScript's JSON.rawJSON, which TypeScript's library does not know yet). */
function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(text);
}
