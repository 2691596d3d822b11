/** CREATE TABLE with LIKE and AS, ALTER TABLE, ALTER VIEW: definitions made of others, and changed. */
import type { Position } from '../../model/errors.ts';
import type { Pipeline } from '../../model/plan.ts';
import type { Catalog, CatalogEntry, TableDefinition, TablePath, ViewDefinition } from '../../model/table.ts';
import { type Field, formatType } from '../../model/types.ts';
import type { Name, SqlQuery } from '../ast.ts';
import { bindTable } from '../binder/table-binder.ts';
import { atAsync, sqlError, unsupported } from '../excerpt.ts';
import type { InsertBody, StatementBody } from '../statement.ts';
import { alteredTable } from './alter-table.ts';
import type { Namespace } from './namespace.ts';
import { bindQuery, type PlanContext, planInsert } from './plan-query.ts';
import { quote } from './show-create.ts';
import { bindDraft, type DraftColumn, draftOfStatement, type TableDraft } from './table-draft.ts';
import { mergedLike } from './table-like.ts';

type Body<K extends StatementBody['kind']> = Extract<StatementBody, { kind: K }>;
type CreateTable = Body<'create_table'>;

/** Makes the table. What AS SELECT asks for is to be run. */
export async function createTable(body: CreateTable, script: string, ctx: PlanContext): Promise<readonly Pipeline[]> {
  if (body.query !== null) return await createTableAs(body, body.query, script, ctx);
  if (body.replace !== null)
    throw unsupported('REPLACE TABLE without AS', body.name.position, 'Write AS SELECT … behind it.');
  await addTable(await definitionOf(body, script, ctx), body, ctx.namespace);
  return [];
}

async function definitionOf(body: CreateTable, script: string, ctx: PlanContext): Promise<TableDefinition> {
  const { namespace, metadataColumns } = ctx;
  const path = namespace.pathOf(body.name);
  if (body.like === null) return bindTable(body, path, metadataColumns, script);
  const { source } = body.like;
  const base = await atAsync(source.position, () => namespace.require(source));
  if (base.kind === 'view') throw sqlError('SQL_VALIDATION', `LIKE: '${base.path.name}' is a view`, source.position);
  const draft = mergedLike(body.like, base, draftOfStatement(body, script));
  return bindDraft(draft, path, metadataColumns, body.name.position);
}

async function createTableAs(
  body: CreateTable,
  query: SqlQuery,
  script: string,
  ctx: PlanContext,
): Promise<readonly Pipeline[]> {
  const { namespace, metadataColumns } = ctx;
  const { position } = body.name;
  if (body.temporary) throw sqlError('SQL_VALIDATION', 'CREATE TABLE … AS makes no temporary table', position);
  const { fields } = await bindQuery(query, ctx);
  const draft = draftOfStatement(body, script);
  const columns = withQueryColumns(draft.columns, fields, query.position);
  const path = namespace.pathOf(body.name);
  const table = bindDraft({ ...draft, columns }, path, metadataColumns, position);
  if (body.replace === null) await addTable(table, body, namespace);
  else await replaceTable(table, body.replace, body.name, namespace);
  const insert: InsertBody = {
    kind: 'insert',
    target: body.name,
    columns: fields.map(({ name }) => ({ name, position: query.position })),
    partition: [],
    query,
    unsupported: null,
  };
  return [await planInsert(insert, ctx)];
}

/** Columns of the table's own first; one that the query has, too, says the type that it gets there. */
function withQueryColumns(
  own: readonly DraftColumn[],
  fields: readonly Field[],
  position: Position,
): readonly DraftColumn[] {
  const names = fields.map(({ name }) => name);
  const ofQuery = fields.map(({ name, type }): DraftColumn => {
    const declared = own.find((column) => column.name === name);
    if (declared !== undefined) return declared;
    if (type.kind === 'null') {
      throw sqlError('SQL_VALIDATION', `the column '${name}' has no type`, position, 'CAST the NULL to one.');
    }
    return { name, kind: 'physical', text: `${quote(name)} ${formatType(type)}` };
  });
  return [...own.filter(({ name }) => !names.includes(name)), ...ofQuery];
}

async function addTable(
  table: TableDefinition,
  { temporary, ifNotExists, name }: CreateTable,
  namespace: Namespace,
): Promise<void> {
  await atAsync(name.position, async () => {
    if (temporary) namespace.addTemporary(table, { ifNotExists });
    else await namespace.catalog(table.path.catalog).createTable(table, { ifNotExists });
  });
}

async function replaceTable(
  table: TableDefinition,
  mode: 'existing' | 'any',
  { position }: Name,
  namespace: Namespace,
): Promise<void> {
  const { catalog: catalogName, database, name } = table.path;
  const catalog = namespace.catalog(catalogName);
  const known = await catalog.getTable(database, name);
  if (known === null && mode === 'existing') {
    const hint = 'Write CREATE OR REPLACE TABLE … AS, or CREATE TABLE … AS.';
    throw sqlError('SQL_VALIDATION', `there is no table '${name}' to be replaced`, position, hint);
  }
  if (known === null) await atAsync(position, () => catalog.createTable(table, { ifNotExists: false }));
  else await replaced(catalog, table.path, table, position);
}

/** Puts another definition in the place of one. */
async function replaced(catalog: Catalog, path: TablePath, entry: CatalogEntry, position: Position): Promise<void> {
  if (catalog.replaceTable === undefined) {
    throw unsupported(
      `to change tables and views of the catalog '${catalog.name}'`,
      position,
      'Make another one, or change it with the tools of its kind.',
    );
  }
  await atAsync(position, () => catalog.replaceTable!(path.database, path.name, entry));
}

export async function alterTable(body: Body<'alter_table'>, script: string, ctx: PlanContext): Promise<void> {
  const { namespace, metadataColumns } = ctx;
  const { name, action } = body;
  const table = await lasting(name, 'table', namespace);
  if (table === null && body.ifExists) return;
  if (table === null) throw await namespace.unknownTable(namespace.pathOf(name), name.parts.at(-1)!);
  if (table.kind === 'view')
    throw sqlError('SQL_VALIDATION', `'${table.path.name}' is a view`, name.position, 'Write ALTER VIEW.');
  const catalog = namespace.catalog(table.path.catalog);
  if (action.kind === 'rename') {
    await replaced(
      catalog,
      table.path,
      { ...table, path: renamedPath(action.to, table.path, namespace) },
      action.to.position,
    );
    return;
  }
  const draft: TableDraft = alteredTable(action, table, script);
  await replaced(catalog, table.path, bindDraft(draft, table.path, metadataColumns, name.position), name.position);
}

export async function alterView(body: Body<'alter_view'>, script: string, ctx: PlanContext): Promise<void> {
  const { namespace } = ctx;
  const { name, action } = body;
  const view = await lasting(name, 'view', namespace);
  if (view === null) throw await namespace.unknownTable(namespace.pathOf(name), name.parts.at(-1)!);
  if (view.kind === 'table')
    throw sqlError('SQL_VALIDATION', `'${view.path.name}' is a table`, name.position, 'Write ALTER TABLE.');
  const catalog = namespace.catalog(view.path.catalog);
  if (action.kind === 'rename') {
    await replaced(
      catalog,
      view.path,
      { ...view, path: renamedPath(action.to, view.path, namespace) },
      action.to.position,
    );
    return;
  }
  await bindQuery(action.query, ctx); // what can't be bound is no view
  const { start, end } = action.query.position;
  const { catalog: currentCatalog, database: currentDatabase } = namespace.current;
  const changed: ViewDefinition = {
    ...view,
    query: script.slice(start, end),
    columnNames: null,
    currentCatalog,
    currentDatabase,
  };
  await replaced(catalog, view.path, changed, name.position);
}

/** Not a temporary one: Flink changes none. */
async function lasting(name: Name, kind: 'table' | 'view', namespace: Namespace): Promise<CatalogEntry | null> {
  const path = namespace.pathOf(name);
  if (namespace.temporary(path) !== null) {
    throw sqlError('SQL_VALIDATION', `'${path.name}' is a temporary ${kind}, which can't be changed`, name.position);
  }
  return await atAsync(name.position, async () => namespace.catalog(path.catalog).getTable(path.database, path.name));
}

function renamedPath(to: Name, from: TablePath, namespace: Namespace): TablePath {
  const path = namespace.pathOf(to, from);
  if (path.catalog === from.catalog && path.database === from.database) return path;
  throw sqlError('SQL_VALIDATION', 'RENAME: the new name has to be in the same catalog and database', to.position);
}
