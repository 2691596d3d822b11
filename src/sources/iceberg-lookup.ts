/** Lookups in a table of an Iceberg catalog, as it is when it is asked: its current snapshot, read by DuckDB. */
import { catalogOptionSpecs } from '../iceberg/catalog-options.ts';
import type { DuckLookup } from '../iceberg/duck-lookup.ts';
import { duckType, isDuckKey } from '../iceberg/duck-type.ts';
import type { Long } from '../iceberg/json.ts';
import type { LakeCatalog } from '../iceberg/lake-catalog.ts';
import { viewOf } from '../iceberg/query-view.ts';
import { planScan } from '../iceberg/scan.ts';
import { currentSnapshot } from '../iceberg/table-metadata.ts';
import { locateTable, openLocated, requireTable, type TableLocator } from '../iceberg/table-options.ts';
import type { LookupContext, LookupFactory, LookupReader } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import { checkOptions } from '../model/options.ts';
import type { Row } from '../model/row.ts';
import { formatPath } from '../model/table.ts';
import { formatType } from '../model/types.ts';
import { storageOf } from '../storage/scheme-storage.ts';
import { FullLookupCache } from './full-lookup-cache.ts';
import { checkedLookup, type LookupSettings } from './lookup-options.ts';
import { retried } from './lookup-retry.ts';
import { PartialLookupCache } from './partial-lookup-cache.ts';

type IcebergLookupConfig = Readonly<{
  table: TableLocator;
  workingDirectory: string;
  settings: LookupSettings;
  where: string;
}>;

export const icebergLookupFactory: LookupFactory = {
  plan: (table, columns, keyColumns, { workingDirectory }) => {
    const where = `table ${formatPath(table.path)}`;
    const { settings, rest } = checkedLookup(table, 'FULL', where);
    const locator = locateTable(rest);
    checkOptions(new Map(Object.entries(locator.catalogOptions)), catalogOptionSpecs, where);
    for (const { type } of columns) duckType(type);
    const odd = keyColumns.map((column) => columns[column]!).find(({ type }) => !isDuckKey(type));
    if (odd !== undefined) {
      const message = `${where}: a lookup by '${odd.name}', a ${formatType(odd.type)}, is not supported`;
      throw new EngineError('UNSUPPORTED', message);
    }
    return { table: locator, workingDirectory, settings, where } satisfies IcebergLookupConfig;
  },
  reader: (config, ctx) => {
    const own = config as IcebergLookupConfig;
    const reader = new IcebergLookupReader(own, ctx);
    const { cache } = own.settings;
    if (cache === 'FULL') return new FullLookupCache(reader, own.settings, ctx);
    return cache === 'PARTIAL' ? new PartialLookupCache(reader, own.settings, ctx.session.now) : reader;
  },
};

type Opened = Readonly<{ catalog: LakeCatalog; duck: DuckLookup }>;

/** The files of a snapshot, as DuckDB reads them. */
type View = Readonly<{ snapshot: Long | null; select: string }>;

class IcebergLookupReader implements LookupReader {
  readonly #config: IcebergLookupConfig;
  readonly #ctx: LookupContext;
  #opened: Opened | null = null;
  #view: View | null = null;

  constructor(config: IcebergLookupConfig, ctx: LookupContext) {
    this.#config = config;
    this.#ctx = ctx;
  }

  lookup(keys: readonly Row[]): Promise<readonly (readonly Row[])[]> {
    return this.#retried(async () => {
      const { duck, relation } = await this.#current();
      return await duck.rowsOf(relation, keys);
    });
  }

  /** The whole table. */
  async *read(): AsyncIterable<readonly Row[]> {
    const { duck, relation } = await this.#retried(() => this.#current());
    yield* duck.allRows(relation);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    opened?.duck.close();
    await opened?.catalog.close();
  }

  #retried<T>(ask: () => Promise<T>): Promise<T> {
    const { settings, where } = this.#config;
    const reset = (): void => {
      this.#view = null;
    };
    return retried(ask, { maxRetries: settings.maxRetries, where, reset });
  }

  async #current(): Promise<Readonly<{ duck: DuckLookup; relation: string }>> {
    this.#opened ??= await this.#open();
    const { catalog, duck } = this.#opened;
    const metadata = await requireTable(catalog, this.#config.table.identifier);
    const snapshot = currentSnapshot(metadata)?.['snapshot-id'] ?? null;
    if (this.#view?.snapshot !== snapshot || this.#view === null) {
      const request = { travel: { kind: 'latest' }, predicates: () => [] } as const;
      const plan = await planScan(metadata, storageOf(metadata.location), request);
      this.#view = { snapshot, select: viewOf(plan).select };
    }
    return { duck, relation: `(${this.#view.select})` };
  }

  async #open(): Promise<Opened> {
    const { table, workingDirectory } = this.#config;
    const { columns, keyColumns, session } = this.#ctx;
    const catalog = await openLocated(table, { workingDirectory, now: session.now });
    const { DuckLookup: Duck } = await import('../iceberg/duck-lookup.ts'); // as of duckdb-lookup.ts
    return { catalog, duck: await Duck.open({ path: ':memory:', columns, keyColumns, timeZone: session.timeZone }) };
  }
}
