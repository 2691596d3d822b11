/**
 * Lookups in what can only be read as a whole: the table is read into memory, by key, and read again when its time is over (or, without a
 * cache, for every batch of keys).
 */
import type {
  ConnectorConfig,
  ConnectorContext,
  LookupContext,
  LookupFactory,
  LookupReader,
  SourceFactory,
} from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import { keyText, type Row } from '../model/row.ts';
import type { SourceReader } from '../model/source.ts';
import { StringPool } from '../model/string-pool.ts';
import { formatPath } from '../model/table.ts';
import { BatchRows } from '../state/value-column.ts';
import { checkedLookup, type LookupSettings } from './lookup-options.ts';

type ScanLookupConfig = Readonly<{
  source: ConnectorConfig;
  settings: LookupSettings;
  jobName: string;
  where: string;
}>;

const batchRows = 8192;
const pollMs = 100;

/** The lookup of a connector by its source, which has to end. */
export function scanLookup(source: SourceFactory): LookupFactory {
  return {
    plan: (table, columns, _keyColumns, ctx) => {
      const where = `table ${formatPath(table.path)}`;
      const { settings, rest } = checkedLookup(table, 'FULL', where);
      if (settings.cache === 'PARTIAL') {
        throw new EngineError('INVALID_OPTION', `${where}: 'lookup.cache': expected FULL or NONE, got PARTIAL`, {
          hint: 'The table can only be read as a whole.',
        });
      }
      const config = source.plan(rest, columns, ctx);
      if (!source.bounded(config)) {
        throw new EngineError('INVALID_OPTION', `${where}: a table that is looked up has to end, but it is unbounded`);
      }
      return { source: config, settings, jobName: ctx.jobName, where } satisfies ScanLookupConfig;
    },
    reader: (config, ctx) => new ScanLookupReader(source, config as ScanLookupConfig, ctx),
  };
}

type Loaded = Readonly<{ rows: ReadonlyMap<string, readonly Row[]>; atMs: number }>;

class ScanLookupReader implements LookupReader {
  readonly #source: SourceFactory;
  readonly #config: ScanLookupConfig;
  readonly #ctx: LookupContext;
  #loaded: Loaded | null = null;

  constructor(source: SourceFactory, config: ScanLookupConfig, ctx: LookupContext) {
    this.#source = source;
    this.#config = config;
    this.#ctx = ctx;
  }

  async lookup(keys: readonly Row[]): Promise<readonly (readonly Row[])[]> {
    if (this.#isOver()) this.#loaded = { rows: await this.#load(), atMs: this.#ctx.session.now() };
    const { rows } = this.#loaded!;
    const places = this.#ctx.keyColumns.map((_, i) => i);
    return keys.map((key) => rows.get(keyText(key, places)) ?? []);
  }

  async close(): Promise<void> {}

  #isOver(): boolean {
    const { cache, reloadIntervalMs } = this.#config.settings;
    if (this.#loaded === null || cache === 'NONE') return true;
    return reloadIntervalMs !== null && this.#ctx.session.now() - this.#loaded.atMs >= reloadIntervalMs;
  }

  async #load(): Promise<ReadonlyMap<string, readonly Row[]>> {
    const { session, columns, counters, warn } = this.#ctx;
    const connector: ConnectorContext = {
      jobName: this.#config.jobName,
      timeZone: session.timeZone,
      workingDirectory: '',
      warn,
      now: session.now,
    };
    const reader = this.#source.reader(this.#config.source, {
      columns,
      subtaskIndex: 0,
      parallelism: 1,
      pool: new StringPool(), // of its own: the thread's is emptied now and then
      counters,
      batchRows,
      now: session.now,
      badRecord: ({ error, source, offset }) => {
        throw new EngineError('BAD_RECORD', `${this.#config.where}: ${source}, record ${offset}: ${error}`);
      },
      warn,
    });
    const enumerator = this.#source.enumerator(this.#config.source, connector);
    try {
      reader.addSplits(await enumerator.start(null));
      reader.noMoreSplits();
      return await this.#readAll(reader);
    } finally {
      await reader.close();
      await enumerator.close();
    }
  }

  async #readAll(reader: SourceReader): Promise<ReadonlyMap<string, readonly Row[]>> {
    const { columns, keyColumns } = this.#ctx;
    const types = columns.map(({ type }) => type);
    const found = new Map<string, Row[]>();
    for (;;) {
      const output = await reader.poll(pollMs);
      if (output.kind === 'end') return found;
      if (output.kind === 'none') continue;
      const rows = new BatchRows(output.batch, types);
      for (let i = 0; i < output.batch.length; i++) {
        const row = rows.row(i);
        if (keyColumns.some((column) => row[column] === null)) continue;
        const text = keyText(row, keyColumns);
        const others = found.get(text);
        if (others === undefined) found.set(text, [row]);
        else others.push(row);
      }
    }
  }
}
