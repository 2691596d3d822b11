/** The source of the connector `filesystem`. A split is a file; its position is a byte of it. */
import {
  type FileTable,
  type FormatRegistry,
  formatOptionsOf,
  planFileTable,
  recordQuoteOf,
} from '../formats/file-options.ts';
import type { ConnectorConfig, ConnectorContext, SourceFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Decoder } from '../model/format.ts';
import type { ScanColumn } from '../model/plan.ts';
import type { SourceSplit, SplitEnumerator } from '../model/source.ts';
import { StringPool } from '../model/string-pool.ts';
import type { TableDefinition } from '../model/table.ts';
import { type DataType, types } from '../model/types.ts';
import { localPath, resolveUri, schemeOf } from '../storage/uri.ts';
import { listFiles } from './filesystem-listing.ts';
import { PartitionReader } from './filesystem-partitions.ts';
import { FilesystemReader } from './filesystem-reader.ts';

type SourceConfig = FileTable & Readonly<{ directory: string; timeZone: string }>;

const metadata: ReadonlyMap<string, DataType> = new Map([
  ['file.path', types.string(false)],
  ['file.name', types.string(false)],
  ['file.size', types.of('bigint', false)],
  ['file.modification-time', types.timestampLtz(3, false)],
]);

export function filesystemSourceFactory(formats: FormatRegistry): SourceFactory {
  return {
    metadata,
    plan: (table, columns, ctx) => plan(table, columns, formats, ctx),
    bounded: (config) => configOf(config).monitorIntervalMs === null,
    maxParallelism: async (config) => {
      const { monitorIntervalMs } = configOf(config);
      return monitorIntervalMs === null ? Math.max(1, (await filesOf(configOf(config))).length) : null;
    },
    enumerator: (config) => new FilesystemEnumerator(configOf(config)),
    reader: (config, ctx) => {
      const table = configOf(config);
      const decoder = createDecoder(table, formats, ctx);
      return new FilesystemReader(ctx, decoder, recordQuoteOf(table), new PartitionReader(table));
    },
  };
}

function configOf(config: ConnectorConfig): SourceConfig {
  return config as SourceConfig;
}

function plan(
  table: TableDefinition,
  columns: readonly ScanColumn[],
  formats: FormatRegistry,
  ctx: ConnectorContext,
): SourceConfig {
  const planned = planFileTable(table, formats);
  if (schemeOf(planned.path) !== 'file') {
    throw new EngineError(
      'UNSUPPORTED',
      `${planned.where}: option 'path': expected a local path, got '${planned.path}'`,
    );
  }
  patternOf(planned);
  const directory = localPath(resolveUri(planned.path, ctx.workingDirectory));
  const config = { ...planned, directory, timeZone: ctx.timeZone };
  createDecoder(config, formats, { columns, pool: new StringPool(), batchRows: 1 }); // what it refuses is refused here
  return config;
}

function patternOf({ pathPattern, where }: FileTable): RegExp | null {
  if (pathPattern === null) return null;
  try {
    return new RegExp(`^(?:${pathPattern})$`, 'u');
  } catch (cause) {
    const expected = "option 'source.path.regex-pattern': expected a regular expression";
    throw new EngineError('INVALID_OPTION', `${where}: ${expected}, got '${pathPattern}'`, { cause });
  }
}

function filesOf(config: SourceConfig): Promise<string[]> {
  return listFiles(config.directory, patternOf(config));
}

type DecoderParts = Readonly<{ columns: readonly ScanColumn[]; pool: StringPool; batchRows: number }>;

function createDecoder(config: SourceConfig, formats: FormatRegistry, parts: DecoderParts): Decoder {
  const format = formats[config.formatName]!;
  if (format.createDecoder === undefined) {
    throw new EngineError('UNSUPPORTED', `${config.where}: format '${format.name}' can't be read`);
  }
  return format.createDecoder({
    columns: parts.columns.filter(
      (column): column is ScanColumn & { kind: 'physical' } =>
        column.kind === 'physical' && !config.partitions.some(({ name }) => name === column.path[0]),
    ),
    table: config.fields,
    options: formatOptionsOf(config),
    pool: parts.pool,
    batchRows: parts.batchRows,
    timeZone: config.timeZone,
  });
}

/** Main thread. */
class FilesystemEnumerator implements SplitEnumerator {
  readonly discoveryIntervalMs: number | null;
  readonly #config: SourceConfig;
  readonly #known = new Set<string>();
  #nextIndex = 0;

  constructor(config: SourceConfig) {
    this.#config = config;
    this.discoveryIntervalMs = config.monitorIntervalMs;
  }

  /** A bounded source that goes on reads what it had found: later files are not part of it. */
  async start(restored: readonly SourceSplit[] | null): Promise<readonly SourceSplit[]> {
    for (const { id, position } of restored ?? []) {
      this.#known.add(id);
      this.#nextIndex = Math.max(this.#nextIndex, Number(position.index) + 1);
    }
    if (restored !== null && this.discoveryIntervalMs === null) return restored;
    return [...(restored ?? []), ...(await this.discover())];
  }

  assign(split: SourceSplit, parallelism: number): number {
    return Number(split.position.index) % parallelism;
  }

  async discover(): Promise<readonly SourceSplit[]> {
    const found = await filesOf(this.#config);
    const fresh = found.filter((path) => !this.#known.has(path));
    return fresh.map((path) => {
      this.#known.add(path);
      return { id: path, position: { offset: 0, line: 0, index: this.#nextIndex++, ended: false } };
    });
  }

  async close(): Promise<void> {}
}
