/** SHOW and DESCRIBE: rows as Flink's client shows them. */
import { functionNames } from '../../functions/registry.ts';
import type { TableDefinition } from '../../model/table.ts';
import { type Field, formatType, types, withNullable } from '../../model/types.ts';
import { sqlError } from '../excerpt.ts';
import type { StatementBody } from '../statement.ts';
import type { Current, Namespace } from './namespace.ts';
import { showCreate } from './show-create.ts';
import type { UserFunctions } from './user-functions.ts';

type Show = Extract<StatementBody, { kind: 'show' }>;
export type RowsResult = Readonly<{ kind: 'rows'; fields: readonly Field[]; rows: readonly (readonly string[])[] }>;

export function rowsOf(names: readonly string[], rows: readonly (readonly string[])[]): RowsResult {
  return { kind: 'rows', fields: names.map((name) => ({ name, type: types.string(false) })), rows };
}

export async function show(statement: Show, namespace: Namespace, functions: UserFunctions): Promise<RowsResult> {
  const { current } = namespace;
  switch (statement.target) {
    case 'current_catalog':
      return rowsOf(['current catalog name'], [[current.catalog]]);
    case 'current_database':
      return rowsOf(['current database name'], [[current.database]]);
    case 'create_table':
    case 'create_view':
      return await showDefinition(statement, namespace);
    case 'functions':
    case 'user_functions': {
      const builtIn = functionNames()
        .filter((name) => /^\w+$/.test(name))
        .map((name) => name.toLowerCase());
      const names = [...(statement.target === 'functions' ? builtIn : []), ...functions.names()];
      const shown = [...new Set(names)].sort().filter((name) => matches(name, statement));
      return rowsOf(
        ['function name'],
        shown.map((name) => [name]),
      );
    }
    default: {
      const names = await namesOf(statement, namespace);
      const shown = names.filter((name) => matches(name, statement)).map((name) => [name]);
      return rowsOf([`${statement.target.replace(/s$/, '')} name`], shown);
    }
  }
}

async function namesOf({ target, name }: Show, namespace: Namespace): Promise<string[]> {
  if (target === 'catalogs') return [...namespace.catalogs.keys()].sort();
  if (target === 'databases') {
    return await namespace.catalog(name?.parts[0]?.name ?? namespace.current.catalog).listDatabases();
  }
  const place = name === null ? namespace.current : namespace.databaseOf(name);
  await namespace.requireDatabase(place);
  const names = await namespace.tablesIn(place);
  return target === 'tables' ? names : await viewsAmong(names, place, namespace);
}

async function viewsAmong(names: readonly string[], place: Current, namespace: Namespace): Promise<string[]> {
  const views: string[] = [];
  for (const name of names) if ((await namespace.find({ ...place, name }))?.kind === 'view') views.push(name);
  return views;
}

/** `%` for any characters, `_` for one, as LIKE. */
function matches(name: string, { like, negated }: Show): boolean {
  if (like === null) return true;
  const pattern = like
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${pattern}$`, 's').test(name) !== negated;
}

async function showDefinition({ target, name }: Show, namespace: Namespace): Promise<RowsResult> {
  const entry = await namespace.require(name!);
  const kind = target === 'create_table' ? 'table' : 'view';
  if (entry.kind !== kind) {
    const hint = `Write SHOW CREATE ${entry.kind.toUpperCase()}.`;
    throw sqlError('SQL_VALIDATION', `'${entry.path.name}' is a ${entry.kind}`, name!.position, hint);
  }
  return rowsOf(['result'], [[showCreate(entry, namespace.temporary(entry.path) !== null)]]);
}

export function describeTable({ columns, primaryKey, watermark }: TableDefinition): RowsResult {
  const key = primaryKey.length === 0 ? '' : `PRI(${primaryKey.join(', ')})`;
  const rows = columns.map((column, index) => {
    const isRowtime = watermark?.column === index;
    return [
      column.name,
      formatType(withNullable(column.type, true)) + (isRowtime ? ' *ROWTIME*' : ''),
      String(column.type.nullable).toUpperCase(),
      primaryKey.includes(column.name) ? key : '',
      extrasOf(column),
      isRowtime ? watermark!.text : '',
    ];
  });
  return rowsOf(['name', 'type', 'null', 'key', 'extras', 'watermark'], rows);
}

function extrasOf(column: TableDefinition['columns'][number]): string {
  if (column.kind === 'computed') return `AS ${column.text}`;
  if (column.kind === 'physical') return '';
  return `METADATA FROM '${column.key}'${column.virtual ? ' VIRTUAL' : ''}`;
}

/** A view or query: columns alone. */
export function describeFields(fields: readonly Field[]): RowsResult {
  const rows = fields.map(({ name, type }) => [
    name,
    formatType(withNullable(type, true)),
    String(type.nullable).toUpperCase(),
    '',
    '',
    '',
  ]);
  return rowsOf(['name', 'type', 'null', 'key', 'extras', 'watermark'], rows);
}
