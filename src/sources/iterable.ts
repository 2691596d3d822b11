/**
 * The connector `iterable`: rows that a Node program hands over (index.ts makes its tables). One split, read by one subtask. Rows that were handed
 * over can't be asked for again: after a failure the job can't go on.
 */
import { BroadcastChannel } from 'node:worker_threads';
import type { Connector, ConnectorConfig } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Decoder, Format } from '../model/format.ts';
import { checkOptions, type OptionSpec } from '../model/options.ts';
import type { ScanColumn } from '../model/plan.ts';
import { type FeedAnswer, type FeedRequest, feedChannel } from '../model/row-feed.ts';
import type { ReaderContext, ReaderOutput, SourceReader, SourceSplit, SplitEnumerator } from '../model/source.ts';
import { formatPath } from '../model/table.ts';
import type { Field } from '../model/types.ts';
import { Nap } from './nap.ts';

type Config = Readonly<{ feed: string; table: readonly Field[]; where: string; timeZone: string }>;

const options: readonly OptionSpec[] = [
  { key: 'connector', kind: 'string', required: true, description: "'iterable'." },
  { key: 'feed', kind: 'string', required: true, description: 'The feed of the program; set by it.' },
];

const splitId = 'iterable';

export function iterableConnector(json: Format): Connector {
  return {
    name: 'iterable',
    description: 'Rows that a Node program hands over through the TypeScript API.',
    example: "CREATE TABLE t (a INT) WITH ('connector' = 'iterable', 'feed' = '…')",
    options,
    portable: false,
    source: {
      metadata: new Map(),
      plan: (table, _columns, ctx): Config => {
        const where = `table ${formatPath(table.path)}, connector 'iterable'`;
        const feed = checkOptions(table.options, options, where).string('feed');
        const fields = table.columns.flatMap(({ kind, name, type }) => (kind === 'physical' ? [{ name, type }] : []));
        return { feed, table: fields, where, timeZone: ctx.timeZone };
      },
      bounded: () => true,
      maxParallelism: async () => 1,
      enumerator: () => iterableEnumerator(),
      reader: (config, ctx) => new IterableReader(config as Config, decoderOf(config, ctx, json), ctx),
    },
  };
}

function decoderOf(config: ConnectorConfig, ctx: ReaderContext, json: Format): Decoder {
  const { table, where, timeZone } = config as Config;
  const given = new Map([['timestamp-format.standard', 'ISO-8601']]);
  return json.createDecoder!({
    columns: ctx.columns as readonly (ScanColumn & { kind: 'physical' })[],
    table,
    options: checkOptions(given, json.options, where),
    pool: ctx.pool,
    batchRows: ctx.batchRows,
    timeZone,
  });
}

function iterableEnumerator(): SplitEnumerator {
  return {
    start: async (restored) => restored ?? [{ id: splitId, position: { rows: 0 } }],
    assign: () => 0,
    discoveryIntervalMs: null,
    discover: async () => [],
    close: async () => {},
  };
}

const encoder = new TextEncoder();

class IterableReader implements SourceReader {
  readonly #config: Config;
  readonly #decoder: Decoder;
  readonly #ctx: ReaderContext;
  readonly #channel: BroadcastChannel;
  readonly #token = crypto.randomUUID();
  readonly #nap = new Nap();
  #rows: number | null = null;
  #asked = false;
  #done = false;
  #noMore = false;
  #error: EngineError | null = null;
  #lines: readonly string[] = [];

  constructor(config: Config, decoder: Decoder, ctx: ReaderContext) {
    this.#config = config;
    this.#decoder = decoder;
    this.#ctx = ctx;
    this.#channel = new BroadcastChannel(feedChannel(config.feed));
    this.#channel.onmessage = (event) => this.#take((event as { data: FeedAnswer | FeedRequest }).data);
  }

  addSplits(splits: readonly SourceSplit[]): void {
    for (const { position } of splits) this.#rows = Number(position.rows);
  }

  noMoreSplits(): void {
    this.#noMore = true;
    this.wake();
  }

  async poll(timeoutMs: number): Promise<ReaderOutput> {
    if (this.#rows !== null && !this.#asked && !this.#done) this.#ask();
    if (this.#lines.length === 0 && this.#asked) await this.#nap.sleep(timeoutMs);
    if (this.#error !== null) throw this.#error;
    if (this.#lines.length > 0) return this.#decode();
    const isOver = this.#rows === null ? this.#noMore : this.#done;
    return { kind: isOver ? 'end' : 'none' };
  }

  #ask(): void {
    this.#asked = true;
    const request: FeedRequest = { kind: 'ask', token: this.#token, from: this.#rows!, rows: this.#ctx.batchRows };
    this.#channel.postMessage(request);
  }

  #take(answer: FeedAnswer | FeedRequest): void {
    if (answer.kind !== 'rows' || answer.token !== this.#token) return;
    this.#asked = false;
    this.#done = answer.done;
    this.#lines = answer.lines;
    if (answer.error !== null) {
      this.#error = new EngineError('EVALUATION', `${this.#config.where}: the iterable failed: ${answer.error}`);
    }
    this.wake();
  }

  #decode(): ReaderOutput {
    const first = this.#rows!;
    const lines = this.#lines;
    this.#lines = [];
    this.#rows = first + lines.length;
    for (const [i, line] of lines.entries()) {
      const value = encoder.encode(line);
      const fault = this.#decoder.decode(value, 0, value.length);
      if (fault !== null) this.#ctx.badRecord({ error: fault.message, value, source: splitId, offset: first + i });
    }
    const { rows } = this.#decoder;
    if (rows === 0) return { kind: 'none' };
    const columns = this.#decoder.take();
    return { kind: 'batch', splitId, batch: { length: rows, columns, ops: null, watermarks: null } };
  }

  wake(): void {
    this.#nap.wake();
  }

  snapshot(): SourceSplit[] {
    return this.#rows === null ? [] : [{ id: splitId, position: { rows: this.#rows } }];
  }

  endedSplits(): readonly string[] {
    return this.#rows !== null && this.#done && this.#lines.length === 0 ? [splitId] : [];
  }

  lag(): readonly never[] {
    return [];
  }

  async close(): Promise<void> {
    this.wake();
    this.#channel.close();
  }
}
