/** Lookups in what can only be read as a whole, by its connector's source. */
import type {
  ConnectorConfig,
  ConnectorContext,
  LookupContext,
  LookupFactory,
  SourceFactory,
} from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { ScanColumn } from '../model/plan.ts';
import type { Row } from '../model/row.ts';
import type { SourceReader } from '../model/source.ts';
import { StringPool } from '../model/string-pool.ts';
import { formatPath } from '../model/table.ts';
import { BatchRows } from '../state/value-column.ts';
import { FullLookupCache, type RowSource } from './full-lookup-cache.ts';
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
    reader: (config, ctx) => {
      const own = config as ScanLookupConfig;
      return new FullLookupCache(scannedRows(source, own, ctx), own.settings, ctx);
    },
  };
}

function scannedRows(source: SourceFactory, config: ScanLookupConfig, ctx: LookupContext): RowSource {
  return {
    read: () => readAll(source, config, ctx),
    close: async () => {},
  };
}

async function* readAll(
  source: SourceFactory,
  config: ScanLookupConfig,
  { session, columns, counters, warn }: LookupContext,
): AsyncIterable<readonly Row[]> {
  const connector: ConnectorContext = {
    jobName: config.jobName,
    timeZone: session.timeZone,
    workingDirectory: '',
    warn,
    now: session.now,
  };
  const reader = source.reader(config.source, {
    columns,
    subtaskIndex: 0,
    parallelism: 1,
    pool: new StringPool(), // of its own: the thread's is emptied now and then
    counters,
    batchRows,
    now: session.now,
    badRecord: ({ error, source: name, offset }) => {
      throw new EngineError('BAD_RECORD', `${config.where}: ${name}, record ${offset}: ${error}`);
    },
    warn,
  });
  const enumerator = source.enumerator(config.source, connector);
  try {
    reader.addSplits(await enumerator.start(null));
    reader.noMoreSplits();
    yield* rowsOf(reader, columns);
  } finally {
    await reader.close();
    await enumerator.close();
  }
}

async function* rowsOf(reader: SourceReader, columns: readonly ScanColumn[]): AsyncIterable<readonly Row[]> {
  const types = columns.map(({ type }) => type);
  for (;;) {
    const output = await reader.poll(pollMs);
    if (output.kind === 'end') return;
    if (output.kind === 'none') continue;
    const rows = new BatchRows(output.batch, types);
    yield Array.from({ length: output.batch.length }, (_, i) => rows.row(i));
  }
}
