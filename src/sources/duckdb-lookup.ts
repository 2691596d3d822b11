/** Lookups in a table of a DuckDB file, which is open for reading as long as the job runs: many keys at a time. */
import type { DuckLookup } from '../iceberg/duck-lookup.ts';
import { quoteName } from '../iceberg/duck-type.ts';
import type { LookupContext, LookupReader } from '../model/connector.ts';
import type { Row } from '../model/row.ts';
import type { LookupSettings } from './lookup-options.ts';
import { retried } from './lookup-retry.ts';

type DuckDbLookupConfig = Readonly<{ path: string; tableName: string; settings: LookupSettings; where: string }>;

export class DuckDbLookupReader implements LookupReader {
  readonly #config: DuckDbLookupConfig;
  readonly #ctx: LookupContext;
  #open: DuckLookup | null = null;

  constructor(config: DuckDbLookupConfig, ctx: LookupContext) {
    this.#config = config;
    this.#ctx = ctx;
  }

  lookup(keys: readonly Row[]): Promise<readonly (readonly Row[])[]> {
    const { settings, where } = this.#config;
    return retried(() => this.#rowsOf(keys), { maxRetries: settings.maxRetries, where, reset: () => this.#reset() });
  }

  async close(): Promise<void> {
    this.#reset();
  }

  #reset(): void {
    this.#open?.close();
    this.#open = null;
  }

  async #rowsOf(keys: readonly Row[]): Promise<readonly (readonly Row[])[]> {
    const { path, tableName } = this.#config;
    const { columns, keyColumns, session } = this.#ctx;
    if (this.#open === null) {
      const duck = await import('../iceberg/duck-lookup.ts'); // a tenth of a second, for those alone who need it
      this.#open = await duck.DuckLookup.open({ path, columns, keyColumns, timeZone: session.timeZone });
    }
    return await this.#open.rowsOf(tableName.split('.').map(quoteName).join('.'), keys);
  }
}
