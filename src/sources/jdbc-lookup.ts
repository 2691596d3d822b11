/** Tables of databases, looked up by key. */
import { resolve } from 'node:path';
import { duckType, isDuckKey } from '../iceberg/duck-type.ts';
import type { Connector, LookupFactory } from '../model/connector.ts';
import { EngineError } from '../model/errors.ts';
import type { ScanColumn } from '../model/plan.ts';
import { formatPath } from '../model/table.ts';
import { formatType } from '../model/types.ts';
import { DuckDbLookupReader } from './duckdb-lookup.ts';
import { type JdbcTable, jdbcOptionSpecs, jdbcTable } from './jdbc-options.ts';
import { checkedLookup, type LookupSettings, lookupOptionSpecs } from './lookup-options.ts';
import { PartialLookupCache } from './partial-lookup-cache.ts';
import { SqliteLookupReader } from './sqlite-lookup.ts';
import { isSqliteKey } from './sqlite-value.ts';

type JdbcConfig = JdbcTable & Readonly<{ settings: LookupSettings; where: string }>;

const lookup: LookupFactory = {
  plan: (table, columns, keyColumns, ctx) => {
    const where = `table ${formatPath(table.path)}`;
    const { settings, rest } = checkedLookup(table, 'NONE', where);
    if (settings.cache === 'FULL') {
      throw new EngineError('UNSUPPORTED', `${where}: 'lookup.cache' = 'FULL' is not supported`, {
        hint: 'PARTIAL and NONE are.',
      });
    }
    const described = jdbcTable(rest, where);
    checkTypes(described.database, columns, keyColumns, where);
    return { ...described, path: resolve(ctx.workingDirectory, described.path), settings, where } satisfies JdbcConfig;
  },
  reader: (config, ctx) => {
    const own = config as JdbcConfig;
    const reader = own.database === 'sqlite' ? new SqliteLookupReader(own, ctx) : new DuckDbLookupReader(own, ctx);
    return own.settings.cache === 'PARTIAL' ? new PartialLookupCache(reader, own.settings, ctx.session.now) : reader;
  },
};

function checkTypes(
  database: JdbcTable['database'],
  columns: readonly ScanColumn[],
  keyColumns: readonly number[],
  where: string,
): void {
  const isKey = database === 'sqlite' ? isSqliteKey : isDuckKey;
  const odd = keyColumns.map((column) => columns[column]!).find(({ type }) => !isKey(type));
  if (odd !== undefined) {
    const message = `${where}: a lookup by '${odd.name}', a ${formatType(odd.type)}, is not supported`;
    throw new EngineError('UNSUPPORTED', message);
  }
  if (database === 'duckdb') for (const { type } of columns) duckType(type);
}

/** Tables of databases. They are only looked up. */
export const jdbcConnector: Connector = {
  name: 'jdbc',
  description: 'A table of a SQLite or DuckDB file, looked up by key in a join FOR SYSTEM_TIME AS OF a PROCTIME().',
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
