/** A session: catalogs, current names and settings, and what statements do to them. */
import { EngineError } from '../model/errors.ts';
import type { Pipeline } from '../model/plan.ts';
import type { Catalog, CatalogEntry, ViewDefinition } from '../model/table.ts';
import type { DataType, Field } from '../model/types.ts';
import { fieldsOf } from './binder/scope.ts';
import { optionsOf } from './binder/table-binder.ts';
import { atAsync, located, sqlError, unsupported } from './excerpt.ts';
import { explainStatement } from './explain-statement.ts';
import { alterTable, alterView, createTable } from './session/define-table.ts';
import { MemoryCatalog } from './session/memory-catalog.ts';
import { type Current, Namespace } from './session/namespace.ts';
import { bindQuery, boundInsert, boundSelect, type PlanContext, plannedPipeline } from './session/plan-query.ts';
import { describeFields, describeTable, rowsOf, show } from './session/show.ts';
import { type LoadFunction, UserFunctions } from './session/user-functions.ts';
import type { Statement, StatementBody } from './statement.ts';

export type StatementResult =
  | Readonly<{ kind: 'ok'; message?: string | undefined }>
  /** SHOW, DESCRIBE, EXPLAIN, SET without a key. */
  | Readonly<{ kind: 'rows'; fields: readonly Field[]; rows: readonly (readonly string[])[] }>
  /** INSERT, SELECT, a statement set: the caller runs them, as one job. */
  | Readonly<{ kind: 'pipelines'; pipelines: readonly Pipeline[] }>;

export type SessionOptions = Readonly<{
  /** CREATE CATALOG: `type` among the options says which. Throws INVALID_OPTION for what it does not know. */
  catalogFactory: (name: string, options: ReadonlyMap<string, string>) => Promise<Catalog>;
  /** The metadata keys of a connector and their types; empty for an unknown one. */
  metadataColumns: (connector: string) => ReadonlyMap<string, DataType>;
  /** SET: throws for a key or value that can't be; a text where the key is known and without effect. */
  checkSetting: (key: string, value: string) => string | null;
  warn: (message: string) => void;
  /** For CREATE FUNCTION. Not given: this session loads no code. */
  loadFunction?: LoadFunction | undefined;
  /** For EXPLAIN: connectors that Flink does not have. */
  nonPortableConnectors?: ReadonlySet<string> | undefined;
}>;

const defaultCatalog = 'default_catalog';
const defaultDatabase = 'default_database';

type Body<K extends StatementBody['kind']> = Extract<StatementBody, { kind: K }>;

const done: StatementResult = { kind: 'ok' };

export class SqlSession {
  /** What SET has set, as written. */
  readonly settings = new Map<string, string>();
  readonly #options: SessionOptions;
  readonly #namespace = new Namespace(new MemoryCatalog(defaultCatalog, defaultDatabase));
  readonly #functions: UserFunctions;
  readonly #plan: PlanContext;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#functions = new UserFunctions(options.loadFunction ?? null, this.#namespace);
    this.#plan = {
      namespace: this.#namespace,
      functions: this.#functions,
      metadataColumns: options.metadataColumns,
      settings: this.settings,
    };
  }

  get catalogs(): ReadonlyMap<string, Catalog> {
    return this.#namespace.catalogs;
  }

  get current(): Current {
    return this.#namespace.current;
  }

  /**
   * Carries a statement out. Errors are EngineErrors with the place in the script, and the line in the message: SQL_VALIDATION,
   * UNSUPPORTED, INVALID_OPTION, what catalogs throw, LIMIT for a statement nested too deeply.
   */
  async execute(statement: Statement): Promise<StatementResult> {
    try {
      const resolved = this.#functions.resolve(statement);
      return await atAsync(statement.position, () => this.#execute(resolved, resolved));
    } catch (error) {
      if (error instanceof RangeError) throw located(tooDeep(statement), statement.script);
      throw located(error, statement.script);
    }
  }

  /** Closes the catalogs. */
  async close(): Promise<void> {
    for (const catalog of this.#namespace.catalogs.values()) await catalog.close();
  }

  async #execute(body: StatementBody, statement: Statement): Promise<StatementResult> {
    switch (body.kind) {
      case 'query':
      case 'insert':
      case 'statement_set':
        return { kind: 'pipelines', pipelines: await this.#pipelines(body) };
      case 'explain':
        return await this.#explain(body);
      case 'set':
        return this.#set(body);
      case 'reset':
        return this.#reset(body);
      case 'show':
        return await show(body, this.#namespace, this.#functions);
      case 'describe':
        return await this.#describe(body);
      case 'unsupported':
        throw unsupported(body.feature, body.place);
      case 'use_catalog':
      case 'use_database':
        return await this.#use(body);
      default:
        return await this.#define(body, statement);
    }
  }

  async #define(
    body: Extract<StatementBody, { kind: `create_${string}` | `drop_${string}` | `alter_${string}` }>,
    statement: Statement,
  ): Promise<StatementResult> {
    switch (body.kind) {
      case 'create_table':
        return await this.#createTable(body, statement.script);
      case 'alter_table':
        await alterTable(body, statement.script, this.#plan);
        return done;
      case 'alter_view':
        await alterView(body, statement.script, this.#plan);
        return done;
      case 'create_view':
        return await this.#createView(body, statement.script);
      case 'create_catalog':
        return await this.#createCatalog(body);
      case 'drop_catalog':
        return await this.#dropCatalog(body);
      case 'create_database': {
        const { catalog, database } = this.#namespace.databaseOf(body.name);
        const { ifNotExists } = body;
        await this.#namespace
          .catalog(catalog)
          .createDatabase(database, { ifNotExists, properties: optionsOf(body.options) });
        return done;
      }
      case 'drop_database': {
        const place = this.#namespace.databaseOf(body.name);
        await this.#namespace.catalog(place.catalog).dropDatabase(place.database, body);
        return done;
      }
      case 'create_function':
        await this.#functions.create(body);
        return done;
      case 'drop_function':
        this.#functions.drop(body);
        return done;
      default:
        return await this.#dropTable(body);
    }
  }

  async #pipelines(body: StatementBody): Promise<Pipeline[]> {
    return (await this.#bound(body)).map((pipeline) => plannedPipeline(pipeline, this.#plan));
  }

  async #bound(body: StatementBody): Promise<Pipeline[]> {
    switch (body.kind) {
      case 'query':
        return [await boundSelect(body.query, this.#plan)];
      case 'insert':
        return [await boundInsert(body, this.#plan)];
      case 'statement_set': {
        const pipelines: Pipeline[] = [];
        for (const insert of body.inserts) pipelines.push(await boundInsert(insert, this.#plan));
        return pipelines;
      }
      default:
        throw new EngineError(
          'SQL_VALIDATION',
          `EXPLAIN: expected a query or INSERT, got ${body.kind.replace('_', ' ')}`,
        );
    }
  }

  async #explain({ body, details }: Body<'explain'>): Promise<StatementResult> {
    const nonPortableConnectors = this.#options.nonPortableConnectors ?? new Set<string>();
    const bound = await this.#bound(body);
    const planned = bound.map((pipeline) => plannedPipeline(pipeline, this.#plan));
    return rowsOf(['result'], [[explainStatement({ bound, planned }, details, { nonPortableConnectors })]]);
  }

  #set({ key, value }: Body<'set'>): StatementResult {
    if (key === null) return rowsOf(['key', 'value'], [...this.settings].sort());
    const withoutEffect = this.#options.checkSetting(key, value);
    if (withoutEffect !== null) this.#options.warn(`SET '${key}' has no effect here: ${withoutEffect}`);
    this.settings.set(key, value);
    return done;
  }

  #reset({ key }: Body<'reset'>): StatementResult {
    if (key === null) this.settings.clear();
    else this.settings.delete(key);
    return done;
  }

  async #describe({ name }: Body<'describe'>): Promise<StatementResult> {
    const entry = await this.#namespace.require(name);
    if (entry.kind === 'table') return describeTable(entry);
    const { position } = name;
    const from = { kind: 'table', name, hints: [], systemTime: null, alias: null, columns: null, position } as const;
    const nothing = { distinct: null, where: null, groupBy: null, having: null, windows: [], qualify: null };
    const items = [{ kind: 'star', qualifier: null, position } as const];
    return describeFields(
      fieldsOf((await bindQuery({ kind: 'select', ...nothing, items, from, position }, this.#plan)).fields),
    );
  }

  async #use(body: Body<'use_catalog' | 'use_database'>): Promise<StatementResult> {
    if (body.kind === 'use_catalog') {
      const catalog = this.#namespace.catalog(body.name.name);
      this.#namespace.current = { catalog: catalog.name, database: catalog.defaultDatabase };
      return done;
    }
    const place = this.#namespace.databaseOf(body.name);
    await this.#namespace.requireDatabase(place);
    this.#namespace.current = place;
    return done;
  }

  async #createTable(body: Body<'create_table'>, script: string): Promise<StatementResult> {
    const pipelines = await createTable(body, script, this.#plan);
    return pipelines.length === 0 ? done : { kind: 'pipelines', pipelines };
  }

  async #createView(body: Body<'create_view'>, script: string): Promise<StatementResult> {
    const { fields } = await bindQuery(body.query, this.#plan);
    const { columns, query, name } = body;
    if (columns !== null && columns.length !== fields.length) {
      throw sqlError(
        'SQL_VALIDATION',
        `expected ${fields.length} column names, got ${columns.length}`,
        columns[0]!.position,
      );
    }
    const { catalog, database } = this.#namespace.current;
    const view: ViewDefinition = {
      kind: 'view',
      path: this.#namespace.pathOf(name),
      query: script.slice(query.position.start, query.position.end),
      columnNames: columns?.map((column) => column.name) ?? null,
      currentCatalog: catalog,
      currentDatabase: database,
    };
    await atAsync(name.position, () => this.#add(view, body));
    return done;
  }

  async #add(entry: CatalogEntry, options: { temporary: boolean; ifNotExists: boolean }): Promise<void> {
    const { ifNotExists } = options;
    const catalog = this.#namespace.catalog(entry.path.catalog);
    if (options.temporary) this.#namespace.addTemporary(entry, { ifNotExists });
    else await catalog.createTable(entry, { ifNotExists });
  }

  async #dropTable(body: Body<'drop_table' | 'drop_view'>): Promise<StatementResult> {
    const { name, temporary, ifExists } = body;
    const kind = body.kind === 'drop_table' ? 'table' : 'view';
    const path = this.#namespace.pathOf(name);
    return await atAsync(name.position, async () => {
      if (temporary) this.#namespace.dropTemporary(path, { ifExists, kind });
      else if (this.#namespace.temporary(path) !== null) throw hiddenByTemporary(path.name, kind);
      else await this.#namespace.catalog(path.catalog).dropTable(path.database, path.name, { ifExists, kind });
      return done;
    });
  }

  async #createCatalog({ name, ifNotExists, options }: Body<'create_catalog'>): Promise<StatementResult> {
    const { catalogs } = this.#namespace;
    if (catalogs.has(name.name)) {
      if (ifNotExists) return done;
      throw sqlError('CONFLICT', `the catalog '${name.name}' exists already`, name.position);
    }
    const catalog = await atAsync(name.position, () => this.#options.catalogFactory(name.name, optionsOf(options)));
    catalogs.set(name.name, catalog);
    return done;
  }

  async #dropCatalog({ name, ifExists }: Body<'drop_catalog'>): Promise<StatementResult> {
    const { catalogs, current } = this.#namespace;
    if (ifExists && !catalogs.has(name.name)) return done;
    const catalog = await atAsync(name.position, async () => this.#namespace.catalog(name.name));
    if (current.catalog === name.name) {
      throw sqlError(
        'CONFLICT',
        `'${name.name}' is the current catalog`,
        name.position,
        'USE CATALOG another one first.',
      );
    }
    catalogs.delete(name.name);
    await catalog.close();
    return done;
  }
}

/** As in Flink: what is meant has to be said. */
function hiddenByTemporary(name: string, kind: 'table' | 'view'): Error {
  const hint = `Write DROP TEMPORARY ${kind.toUpperCase()} first.`;
  return new EngineError('CONFLICT', `a temporary table hides the ${kind} '${name}'`, { hint });
}

function tooDeep({ position }: Statement): EngineError {
  return sqlError(
    'LIMIT',
    'the statement is nested too deeply',
    position,
    'Write it with fewer levels of parentheses or sub-queries.',
  );
}
