/** Lookups in a table of a SQLite file: one prepared statement, asked for each key. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { LookupContext, LookupReader } from '../model/connector.ts';
import type { Row } from '../model/row.ts';
import type { LookupSettings } from './lookup-options.ts';
import { retried } from './lookup-retry.ts';
import { type FromSqlite, fromSqlite, type SqliteValue, toSqlite } from './sqlite-value.ts';

type SqliteLookupConfig = Readonly<{ path: string; tableName: string; settings: LookupSettings; where: string }>;

const busyTimeoutMs = 10_000; // how long a writer may hold the file before a lookup fails

export class SqliteLookupReader implements LookupReader {
  readonly #config: SqliteLookupConfig;
  readonly #ctx: LookupContext;
  readonly #convert: readonly FromSqlite[];
  #database: DatabaseSync | null = null;
  #statement: StatementSync | null = null;

  constructor(config: SqliteLookupConfig, ctx: LookupContext) {
    this.#config = config;
    this.#ctx = ctx;
    this.#convert = ctx.columns.map(({ type }) => fromSqlite(type, ctx.session));
  }

  lookup(keys: readonly Row[]): Promise<readonly (readonly Row[])[]> {
    const { settings, where } = this.#config;
    const reset = (): void => this.#reset(); // SQLite itself waits for other writers: a retry opens the file anew
    return retried(async () => keys.map((key) => this.#rowsOf(key)), { maxRetries: settings.maxRetries, where, reset });
  }

  async close(): Promise<void> {
    this.#reset();
  }

  #reset(): void {
    this.#database?.close();
    this.#database = null;
    this.#statement = null;
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
