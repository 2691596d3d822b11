/** Rows by key out of a relation that DuckDB reads. Keys are asked for many at a time, over a few connections at once. */
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import type { ScanColumn } from '../model/plan.ts';
import type { Row } from '../model/row.ts';
import { duckType, quoteName } from './duck-type.ts';
import { duckParameter, fromDuck } from './duck-value.ts';

const keysAtOnce = 256; // of one statement; more of them wait for the next
const connectionCount = 4; // statements under way; the others wait
const memoryLimit = '512MB';

export type DuckLookupOptions = Readonly<{
  /** `:memory:`, or a database, which is only read. */
  path: string;
  /** Of columns that DuckDB knows as TIMESTAMP and the job as TIMESTAMP_LTZ, or the other way round. */
  timeZone: string;
  columns: readonly ScanColumn[];
  keyColumns: readonly number[];
}>;

export class DuckLookup {
  readonly #instance: DuckDBInstance;
  readonly #connections: readonly DuckDBConnection[];
  readonly #columns: readonly ScanColumn[];
  readonly #keyColumns: readonly number[];
  readonly #values: readonly ReturnType<typeof fromDuck>[];

  private constructor(instance: DuckDBInstance, connections: readonly DuckDBConnection[], options: DuckLookupOptions) {
    this.#instance = instance;
    this.#connections = connections;
    this.#columns = options.columns;
    this.#keyColumns = options.keyColumns;
    this.#values = options.columns.map(({ type }) => fromDuck(type));
  }

  static async open(options: DuckLookupOptions): Promise<DuckLookup> {
    const mode: Record<string, string> = options.path === ':memory:' ? {} : { access_mode: 'READ_ONLY' };
    const instance = await DuckDBInstance.create(options.path, { threads: '1', memory_limit: memoryLimit, ...mode });
    const connections = await Promise.all(Array.from({ length: connectionCount }, () => instance.connect()));
    return new DuckLookup(instance, connections, options);
  }

  close(): void {
    for (const connection of this.#connections) connection.closeSync();
    this.#instance.closeSync();
  }

  /** `relation`: what stands in FROM, a table or a query in parentheses. The rows of each key, in the keys' order. */
  async rowsOf(relation: string, keys: readonly Row[]): Promise<readonly (readonly Row[])[]> {
    const found: Row[][] = keys.map(() => []);
    let next = 0;
    const ask = async (connection: DuckDBConnection): Promise<void> => {
      while (next < keys.length) {
        const first = next;
        next += keysAtOnce;
        await this.#ask(connection, relation, keys.slice(first, first + keysAtOnce), found, first);
      }
    };
    await Promise.all(this.#connections.map(ask));
    return found;
  }

  async #ask(
    connection: DuckDBConnection,
    relation: string,
    keys: readonly Row[],
    found: readonly Row[][],
    first: number,
  ): Promise<void> {
    const parameters = this.#keyColumns.map((column) => duckParameter(this.#columns[column]!.type));
    const tuples = keys.map((_, i) => `(${[i, ...parameters.map(({ text }) => text)].join(', ')})`);
    const names = this.#keyColumns.map((_, i) => `k${i}`);
    const ties = this.#keyColumns.map((column, i) => `t.${quoteName(this.#columns[column]!.name)} = k.k${i}`);
    const sql = `SELECT k.place, ${this.#list('t.')} FROM (VALUES ${tuples.join(', ')}) AS k (${['place', ...names].join(', ')})
      JOIN ${relation} AS t ON ${ties.join(' AND ')}`;
    const values = keys.flatMap((key) => key.map((value, i) => parameters[i]!.value(value)));
    const reader = await connection.runAndReadAll(sql, values);
    for (const [place, ...row] of reader.getRows()) found[first + Number(place)]!.push(this.#row(row));
  }

  /** Every row, some at a time. */
  async *allRows(relation: string): AsyncIterable<readonly Row[]> {
    const result = await this.#connections[0]!.stream(`SELECT ${this.#list('')} FROM ${relation}`);
    for await (const rows of result.yieldRows()) yield rows.map((row) => this.#row(row));
  }

  #list(prefix: string): string {
    const columns = this.#columns.map(({ name, type }) => `CAST(${prefix}${quoteName(name)} AS ${duckType(type)})`);
    return columns.length === 0 ? '0' : columns.join(', ');
  }

  #row(row: readonly DuckDBValue[]): Row {
    return this.#values.map((convert, i) => convert(row[i]!));
  }
}
