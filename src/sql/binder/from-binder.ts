/** FROM: tables and views, sub-queries, queries of WITH, windowing functions. */
import { EngineError, isEngineError, type Position } from '../../model/errors.ts';
import type { TableDefinition } from '../../model/table.ts';
import type { FromItem, FunctionArgument, Hint, Identifier, Name, SelectQuery } from '../ast.ts';
import { sqlError, unsupported } from '../excerpt.ts';
import { bindChangelogFunction, isChangelogFunction } from './changelog-function.ts';
import { isCorrelated } from './correlate-binder.ts';
import type { BindQuery, CommonTables, Environment } from './environment.ts';
import { bindTree } from './join-binder.ts';
import { type JoinTree, planTree } from './join-tree.ts';
import { lateralSide } from './lateral.ts';
import { bindMatch } from './match-binder.ts';
import type { Relation } from './relation.ts';
import type { RelationField } from './scope.ts';
import { noTtls, type StateTtls, stateTtls } from './state-ttl.ts';
import { tableRelation } from './table-source.ts';
import { refuseSystemTime } from './temporal-binder.ts';
import { bindWindowFunction } from './window-function.ts';

type Aliased = Readonly<{ alias: Identifier | null; columns: readonly Identifier[] | null; position: Position }>;

export class FromBinder {
  readonly #environment: Environment;
  readonly #common: CommonTables;
  readonly #bindQuery: BindQuery;

  constructor(environment: Environment, common: CommonTables, bindQuery: BindQuery) {
    this.#environment = environment;
    this.#common = common;
    this.#bindQuery = bindQuery;
  }

  bind(item: FromItem): Relation {
    switch (item.kind) {
      case 'table':
        refuseSystemTime(item);
        return aliased(this.#table(item.name, item.hints), item);
      case 'subquery':
        if (item.lateral) return this.#joined(item);
        return aliased(this.#bindQuery(item.query), item, null);
      case 'function':
        if (isCorrelated(item)) return this.#joined(item);
        return aliased(this.#tableFunction(item), item, null);
      case 'match_recognize':
        return aliased(bindMatch(item.match, this.bind(item.input), item.position), item, null);
      case 'unnest':
      case 'join':
        return this.#joined(item);
    }
  }

  /** The item's joins, still open to conditions of WHERE. */
  tree(item: FromItem, ttls: StateTtls = noTtls): JoinTree {
    const binders = { fromBinder: this, bindQuery: this.#bindQuery };
    return bindTree(
      item,
      { bind: (each) => this.bind(each), lateral: (query, left) => lateralSide(query, left, binders) },
      ttls,
    );
  }

  /** What the query's hints say of the tables in its FROM. */
  ttls(query: SelectQuery): StateTtls {
    return stateTtls(query, (name) => {
      if (this.#commonTable(name) !== undefined) return null;
      const found = this.#environment.tables(name);
      return found.kind === 'view' ? found.path : found.table.path;
    });
  }

  #joined(item: FromItem): Relation {
    return planTree(this.tree(item), []);
  }

  #table(name: Name, hints: readonly Hint[]): Relation {
    const common = this.#commonTable(name);
    if (common !== undefined) {
      const { table, bind } = common;
      return renamed(bind(), table.columns, table.name.name, table.position);
    }
    const found = this.#environment.tables(name);
    if (found.kind === 'view') {
      refuseHints(hints);
      const { query, tables, columnNames, path } = found;
      const { node, fields } = inView(path.name, () => this.#bindQuery(query, tables));
      const named = fields.map((field, i) => ({
        ...field,
        name: columnNames?.[i] ?? field.name,
        qualifier: path.name,
      }));
      return { node, fields: named };
    }
    return tableRelation(withHints(found.table, hints), this.#environment.metadataColumns);
  }

  #commonTable({ parts }: Name): ReturnType<CommonTables['get']> {
    return parts.length === 1 ? this.#common.get(parts[0]!.name) : undefined;
  }

  #tableFunction(item: Extract<FromItem, { kind: 'function' }>): Relation {
    const bind = isChangelogFunction(item.name.name) ? bindChangelogFunction : bindWindowFunction;
    return bind(item, (argument) => this.#argument(argument));
  }

  #argument(argument: FunctionArgument): Relation {
    if (argument.kind === 'query') return this.#bindQuery(argument.query);
    if (argument.kind !== 'table') throw sqlError('SQL_VALIDATION', 'expected TABLE name', argument.position);
    return this.#table(argument.name, []);
  }
}

/** What is wrong in a view is said of the view. */
function inView<T>(name: string, bind: () => T): T {
  try {
    return bind();
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const { code, message, hint, position, cause } = error;
    throw new EngineError(code, `view '${name}': ${message}`, { hint, position, cause });
  }
}

function refuseHints(hints: readonly Hint[]): void {
  if (hints.length > 0) throw unsupported(`the hint ${hints[0]!.name} on a view`, hints[0]!.position);
}

/** OPTIONS replaces options of the table for this query. */
function withHints(table: TableDefinition, hints: readonly Hint[]): TableDefinition {
  const options = new Map(table.options);
  for (const { name, options: given, position } of hints) {
    if (name.toUpperCase() !== 'OPTIONS') throw unsupported(`the hint ${name}`, position);
    for (const { key, value } of given) options.set(key, value);
  }
  return hints.length === 0 ? table : { ...table, options };
}

/** `own`: what qualifies the columns where no alias is given; undefined leaves it. */
function aliased(relation: Relation, { alias, columns, position }: Aliased, own?: null): Relation {
  if (alias !== null) return renamed(relation, columns, alias.name, position);
  if (own === undefined) return relation;
  return { node: relation.node, fields: relation.fields.map((field) => ({ ...field, qualifier: null })) };
}

function renamed(
  relation: Relation,
  names: readonly Identifier[] | null,
  qualifier: string,
  position: Position,
): Relation {
  if (names !== null && names.length !== relation.fields.length) {
    throw sqlError(
      'SQL_VALIDATION',
      `expected ${relation.fields.length} column names for '${qualifier}', got ${names.length}`,
      position,
    );
  }
  const fields = relation.fields.map(
    (field, i): RelationField => ({ ...field, name: names?.[i]?.name ?? field.name, qualifier }),
  );
  return { node: relation.node, fields };
}
