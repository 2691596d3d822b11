/** Lookups in a table of a SQLite file: one prepared statement, asked for each key. */
import { resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Connector, LookupContext, LookupFactory, LookupReader } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { Row } from '../model/row.ts';
import { formatPath } from '../model/table.ts';
import { formatType } from '../model/types.ts';
import { type JdbcTable, jdbcOptionSpecs, jdbcTable } from './jdbc-options.ts';
import { checkedLookup, type LookupSettings, lookupOptionSpecs } from './lookup-options.ts';
import { PartialLookupCache } from './partial-lookup-cache.ts';
import { type FromSqlite, fromSqlite, isSqliteKey, type SqliteValue, toSqlite } from './sqlite-value.ts';

type JdbcConfig = JdbcTable & Readonly<{ settings: LookupSettings; where: string }>;

const busyTimeoutMs = 10_000; // how long a writer may hold the file before a lookup fails

const lookup: LookupFactory = {
  plan: (table, columns, keyColumns, ctx) => {
    const where = `table ${formatPath(table.path)}`;
    const { settings, rest } = checkedLookup(table, 'NONE', where);
    if (settings.cache === 'FULL') {
      throw new EngineError('UNSUPPORTED', `${where}: 'lookup.cache' = 'FULL' is not supported`, {
        hint: 'PARTIAL and NONE are.',
      });
    }
    const { path, tableName } = jdbcTable(rest, where);
    const odd = keyColumns.map((column) => columns[column]!).find(({ type }) => !isSqliteKey(type));
    if (odd !== undefined) {
      const message = `${where}: a lookup by '${odd.name}', a ${formatType(odd.type)}, is not supported`;
      throw new EngineError('UNSUPPORTED', message);
    }
    return { path: resolve(ctx.workingDirectory, path), tableName, settings, where } satisfies JdbcConfig;
  },
  reader: (config, ctx) => {
    const { settings } = config as JdbcConfig;
    const reader = new SqliteLookupReader(config as JdbcConfig, ctx);
    return settings.cache === 'PARTIAL' ? new PartialLookupCache(reader, settings, ctx.session.now) : reader;
  },
};

/** Tables of databases. They are only looked up. */
export const jdbcConnector: Connector = {
  name: 'jdbc',
  description: 'A table of a SQLite file, looked up by key in a join FOR SYSTEM_TIME AS OF a PROCTIME().',
  example: `CREATE TABLE customers (id INT, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH (
  'connector' = 'jdbc',
  'url' = 'jdbc:sqlite:shop.db',
  'table-name' = 'customers',
  'lookup.cache' = 'PARTIAL',
  'lookup.partial-cache.max-rows' = '1000',
  'lookup.partial-cache.expire-after-write' = '1 min'
)`,
  options: [...jdbcOptionSpecs, ...lookupOptionSpecs],
  portable: true,
  lookup,
};

class SqliteLookupReader implements LookupReader {
  readonly #config: JdbcConfig;
  readonly #ctx: LookupContext;
  readonly #convert: readonly FromSqlite[];
  #database: DatabaseSync | null = null;
  #statement: StatementSync | null = null;

  constructor(config: JdbcConfig, ctx: LookupContext) {
    this.#config = config;
    this.#ctx = ctx;
    this.#convert = ctx.columns.map(({ type }) => fromSqlite(type, ctx.session));
  }

  async lookup(keys: readonly Row[]): Promise<readonly (readonly Row[])[]> {
    return keys.map((key) => this.#retried(() => this.#rowsOf(key)));
  }

  async close(): Promise<void> {
    this.#database?.close();
    this.#database = null;
    this.#statement = null;
  }

  /** SQLite itself waits for other writers: a retry opens the file anew. */
  #retried<T>(ask: () => T): T {
    for (let attempt = 0; ; attempt++) {
      try {
        return ask();
      } catch (cause) {
        this.#database?.close();
        this.#database = null;
        this.#statement = null;
        if (attempt < this.#config.settings.maxRetries) continue;
        const message = cause instanceof Error ? cause.message : String(cause);
        throw new EngineError('CONNECTION', `${this.#config.where}: a lookup failed: ${message}`, { cause });
      }
    }
  }

  #rowsOf(key: Row): readonly Row[] {
    const { columns, keyColumns } = this.#ctx;
    this.#statement ??= this.#prepare();
    const parameters = key.map((value, i) => toSqlite(value, columns[keyColumns[i]!]!.type));
    const found = this.#statement.all(...parameters) as unknown as SqliteValue[][];
    return found.map((values) => values.map((value, i) => this.#convert[i]!(value)));
  }

  #prepare(): StatementSync {
    const { path, tableName } = this.#config;
    const { columns, keyColumns } = this.#ctx;
    this.#database ??= new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    const names = columns.map(({ name }) => quoted(name));
    const conditions = keyColumns.map((column) => `${names[column]} = ?`);
    const statement = this.#database.prepare(
      `SELECT ${names.join(', ')} FROM ${quoted(tableName)} WHERE ${conditions.join(' AND ')}`,
    );
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return statement;
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
