/** Looks up, before a query is bound, every table that it names: catalogs answer late, binding does not wait. */
import { EngineError, isEngineError, type Position } from '../../model/errors.ts';
import { formatPath, type ViewDefinition } from '../../model/table.ts';
import type { FromItem, FunctionArgument, Name, SqlQuery } from '../ast.ts';
import type { FoundTable, TableResolver } from '../binder/environment.ts';
import { parseQuery } from '../parser.ts';
import type { Current, Namespace } from './namespace.ts';
import type { UserFunctions } from './user-functions.ts';

type Names = Readonly<{ namespace: Namespace; functions: UserFunctions }>;

type Found = FoundTable | Readonly<{ kind: 'error'; error: EngineError }>;

/**
 * The tables of a query, by the names that it uses. Failures wait in the resolver: a name may turn out to be a query of WITH. `within`: the
 * views that the query is in.
 */
export async function lookUpTables(
  query: SqlQuery,
  names: Names,
  current: Current = names.namespace.current,
  within: readonly string[] = [],
): Promise<TableResolver> {
  const found = new Map<string, Found>();
  for (const name of namesIn(query)) {
    const key = textOf(name);
    if (!found.has(key)) found.set(key, await lookUp(name, names, current, within));
  }
  return (name) => {
    const entry = found.get(textOf(name))!;
    if (entry.kind === 'error') throw placedError(entry.error, name.position);
    return entry.kind === 'view' ? { ...entry, query: placed(entry.query, name.position) } : entry;
  };
}

async function lookUp(name: Name, names: Names, current: Current, within: readonly string[]): Promise<Found> {
  try {
    const entry = await names.namespace.require(name, current);
    return entry.kind === 'table' ? { kind: 'table', table: entry } : await viewOf(entry, names, within);
  } catch (error) {
    if (!isEngineError(error)) throw error;
    return { kind: 'error', error };
  }
}

/** Of whoever uses the name: a view's own text is not what the reader sees. */
function placedError({ code, message, hint, retryable, cause }: EngineError, position: Position): EngineError {
  return new EngineError(code, message, { position, hint, retryable, cause });
}

async function viewOf(view: ViewDefinition, names: Names, within: readonly string[]): Promise<Found> {
  const path = formatPath(view.path);
  if (within.includes(path)) {
    throw new EngineError('SQL_VALIDATION', `the view ${path} stands on itself`, { hint: 'ALTER VIEW … AS mends it.' });
  }
  const query = names.functions.resolve(parseQuery(view.query));
  const current = { catalog: view.currentCatalog, database: view.currentDatabase };
  const tables = await lookUpTables(query, names, current, [...within, path]);
  return { kind: 'view', path: view.path, query, columnNames: view.columnNames, tables };
}

function textOf({ parts }: Name): string {
  return parts.map(({ name }) => `\`${name}\``).join('.');
}

/** Wherever a query can name a table: FROM, arguments of windowing functions, sub-queries. */
function namesIn(node: unknown): Name[] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(namesIn);
  const { kind, name } = node as Partial<Extract<FromItem | FunctionArgument, { kind: 'table' }>>;
  const own = kind === 'table' && name !== undefined ? [name] : [];
  return [...own, ...Object.values(node).flatMap(namesIn)];
}

/** The query with every place in it replaced: a view's text is not the script's. */
function placed<T>(node: T, position: Position): T {
  if (typeof node !== 'object' || node === null) return node;
  if (Array.isArray(node)) return node.map((part) => placed(part, position)) as T;
  if ('start' in node && 'line' in node) return position as T;
  return Object.fromEntries(Object.entries(node).map(([key, part]) => [key, placed(part, position)])) as T;
}
