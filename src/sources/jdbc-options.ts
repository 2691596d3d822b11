/** The options of the connector `jdbc`: a SQLite file, asked through Node's own driver. */
import { EngineError } from '../model/errors.ts';
import { checkOptions, type OptionSpec } from '../model/options.ts';
import type { TableDefinition } from '../model/table.ts';

export const jdbcOptionSpecs: readonly OptionSpec[] = [
  { key: 'connector', kind: 'enum', values: ['jdbc'], required: true, description: "'jdbc'." },
  {
    key: 'url',
    kind: 'string',
    required: true,
    description: 'The database: jdbc:sqlite:PATH. Others are not supported.',
  },
  { key: 'table-name', kind: 'string', required: true, description: 'The table in the database.' },
  { key: 'driver', kind: 'string', withoutEffect: true, description: "A driver's class, for Flink." },
  { key: 'username', kind: 'string', withoutEffect: true, description: 'A SQLite file has no users.' },
  { key: 'password', kind: 'string', withoutEffect: true, description: 'A SQLite file has no users.' },
];

/** Plain data. `path` as in the URL. */
export type JdbcTable = Readonly<{ path: string; tableName: string }>;

const sqlite = 'jdbc:sqlite:';

export function jdbcTable(table: TableDefinition, where: string): JdbcTable {
  const options = checkOptions(table.options, jdbcOptionSpecs, where);
  const url = options.string('url');
  const tableName = options.string('table-name');
  if (url.startsWith(sqlite) && url.length > sqlite.length) return { path: url.slice(sqlite.length), tableName };
  throw new EngineError('UNSUPPORTED', `${where}: option 'url': expected ${sqlite}PATH, got '${url}'`, {
    hint: 'Of databases only SQLite files can be looked up.',
  });
}
