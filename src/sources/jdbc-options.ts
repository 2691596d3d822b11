/** The options of the connector `jdbc`: a SQLite or a DuckDB file. */
import { EngineError } from '../model/errors.ts';
import { checkOptions, type OptionSpec } from '../model/options.ts';
import type { TableDefinition } from '../model/table.ts';

export const jdbcOptionSpecs: readonly OptionSpec[] = [
  { key: 'connector', kind: 'enum', values: ['jdbc'], required: true, description: "'jdbc'." },
  {
    key: 'url',
    kind: 'string',
    required: true,
    description: 'The database: jdbc:sqlite:PATH or jdbc:duckdb:PATH. Others are not supported.',
  },
  { key: 'table-name', kind: 'string', required: true, description: 'The table in the database.' },
  { key: 'driver', kind: 'string', withoutEffect: true, description: "A driver's class, for Flink." },
  { key: 'username', kind: 'string', withoutEffect: true, description: 'A file has no users.' },
  { key: 'password', kind: 'string', withoutEffect: true, description: 'A file has no users.' },
];

/** Plain data. `path` as in the URL. */
export type JdbcTable = Readonly<{ database: 'sqlite' | 'duckdb'; path: string; tableName: string }>;

export function jdbcTable(table: TableDefinition, where: string): JdbcTable {
  const options = checkOptions(table.options, jdbcOptionSpecs, where);
  const url = options.string('url');
  const tableName = options.string('table-name');
  const [, database, path] = /^jdbc:(sqlite|duckdb):(.+)$/.exec(url) ?? [];
  if (path !== undefined) return { database: database as JdbcTable['database'], path, tableName };
  const message = `${where}: option 'url': expected jdbc:sqlite:PATH or jdbc:duckdb:PATH, got '${url}'`;
  throw new EngineError('UNSUPPORTED', message, {
    hint: 'Of databases only SQLite and DuckDB files can be looked up.',
  });
}
