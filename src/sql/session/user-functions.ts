/** The user functions of a session: which names they have, and where those stand in statements. */
import { functionNames } from '../../functions/registry.ts';
import { EngineError, type Position } from '../../model/errors.ts';
import { formatPath } from '../../model/table.ts';
import type { DataType } from '../../model/types.ts';
import type { UserFunctionModule, UserFunctionSource } from '../../model/user-function.ts';
import type { Identifier, Name, SqlExpression } from '../ast.ts';
import { bindType } from '../binder/data-type.ts';
import { atAsync, sqlError, unsupported } from '../excerpt.ts';
import { parseType } from '../parser.ts';
import type { FunctionScope, StatementBody } from '../statement.ts';
import type { Namespace } from './namespace.ts';

type CreateFunction = Extract<StatementBody, { kind: 'create_function' }>;
type DropFunction = Extract<StatementBody, { kind: 'drop_function' }>;

/** Loads a function into this thread and registers it. `typeOf` reads a SQL type. */
export type LoadFunction = (
  source: UserFunctionSource,
  typeOf: (text: string) => DataType,
) => Promise<UserFunctionModule>;

export class UserFunctions {
  readonly #load: LoadFunction | null;
  readonly #namespace: Namespace;
  /** By scope and then, in lower case, by full name; of system functions by name. */
  readonly #known: Readonly<Record<FunctionScope, Map<string, UserFunctionModule>>> = {
    catalog: new Map(),
    temporary: new Map(),
    system: new Map(),
  };

  /** `load` null: this session may load no code. */
  constructor(load: LoadFunction | null, namespace: Namespace) {
    this.#load = load;
    this.#namespace = namespace;
  }

  /** Throws EngineError: UNSUPPORTED for another language, CONFLICT for a taken name, and what loading the module throws. */
  async create(statement: CreateFunction): Promise<void> {
    const { name, scope, ifNotExists, module, using } = statement;
    if (using !== null) throw unsupported('USING JAR', using, 'There is no JVM here.');
    checkLanguage(statement);
    const known = this.#known[scope];
    const place = this.#placeOf(name, scope);
    if (known.has(place)) {
      if (ifNotExists) return;
      throw sqlError('CONFLICT', `the function ${shownName(name)} exists already`, name.position);
    }
    const [path = '', exportName = 'default'] = module.text.split('#');
    const load = this.#load;
    if (load === null) throw forbidden();
    const source = { name: name.parts.at(-1)!.name, path, exportName };
    known.set(place, await atAsync(module.position, () => load(source, (text) => bindType(parseType(text)))));
  }

  drop({ name, scope, ifExists }: DropFunction): void {
    if (this.#known[scope].delete(this.#placeOf(name, scope)) || ifExists) return;
    const isBuiltIn = functionNames().includes(name.parts.at(-1)!.name.toUpperCase());
    const hint = isBuiltIn ? 'Built-in functions stay.' : 'SHOW USER FUNCTIONS lists those that can be dropped.';
    throw sqlError('NOT_FOUND', `there is no ${adjectives[scope]}function ${shownName(name)}`, name.position, hint);
  }

  /** The names that the current database sees, sorted, in lower case. */
  names(): string[] {
    const visible = (scope: FunctionScope): UserFunctionModule[] =>
      [...this.#known[scope]]
        .filter(([place]) => scope === 'system' || this.#isCurrent(place))
        .map(([, module]) => module);
    const modules = (['catalog', 'temporary', 'system'] as const).flatMap(visible);
    return [...new Set(modules.map(({ name }) => name.toLowerCase()))].sort();
  }

  /**
   * A statement with every call of a user function by its key, and CURRENT_DATABASE() by its value. System functions come before
   * built-in ones, others behind.
   */
  resolve<T>(statement: T): T {
    return this.#replaced(statement) as T;
  }

  #replaced(node: unknown): unknown {
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return node.map((part) => this.#replaced(part));
    const copy: Record<string, unknown> = {};
    for (const [key, part] of Object.entries(node)) copy[key] = this.#replaced(part);
    if (isCurrentDatabase(copy)) return this.#currentDatabase(copy.position);
    if (isCall(copy)) copy.name = this.#resolved(copy.name);
    return copy;
  }

  #currentDatabase(position: Position): SqlExpression {
    return { kind: 'literal', literal: { of: 'string', text: this.#namespace.current.database }, position };
  }

  #resolved(name: Identifier): Identifier {
    const found = this.#known.system.get(name.name.toLowerCase()) ?? this.#behindBuiltIn(name.name);
    return found === undefined ? name : { ...name, name: found.key };
  }

  #behindBuiltIn(name: string): UserFunctionModule | undefined {
    if (functionNames().includes(name.toUpperCase())) return undefined;
    const { catalog, database } = this.#namespace.current;
    const place = formatPath({ catalog, database, name }).toLowerCase();
    return this.#known.temporary.get(place) ?? this.#known.catalog.get(place);
  }

  #placeOf(name: Name, scope: FunctionScope): string {
    if (scope !== 'system') return formatPath(this.#namespace.pathOf(name)).toLowerCase();
    if (name.parts.length === 1) return name.parts[0]!.name.toLowerCase();
    throw sqlError('SQL_VALIDATION', 'a system function belongs to no database: its name has one part', name.position);
  }

  #isCurrent(place: string): boolean {
    const { catalog, database } = this.#namespace.current;
    return place.startsWith(formatPath({ catalog, database, name: '' }).toLowerCase().slice(0, -1));
  }
}

const adjectives: Readonly<Record<FunctionScope, string>> = {
  catalog: '',
  temporary: 'temporary ',
  system: 'temporary system ',
};

/** Calls in expressions, and functions in FROM: both have arguments beside their name. */
function isCall(node: Record<string, unknown>): node is { name: Identifier } {
  const name = node.name as Partial<Identifier> | undefined;
  return Array.isArray(node.args) && typeof name?.name === 'string' && (node.kind === 'function' || 'star' in node);
}

function isCurrentDatabase(node: Record<string, unknown>): node is { position: Position } {
  const { kind, call } = node as Partial<Extract<SqlExpression, { kind: 'call' }>>;
  return kind === 'call' && call?.args.length === 0 && call.name.name.toUpperCase() === 'CURRENT_DATABASE';
}

function shownName({ parts }: Name): string {
  return parts.map(({ name }) => name).join('.');
}

function checkLanguage({ name, language, module }: CreateFunction): void {
  const wanted = language?.name.toUpperCase() ?? 'JAVA';
  if (wanted === 'TYPESCRIPT') return;
  const isScript = /\.[cm]?[jt]s(#.*)?$/.test(module.text);
  const hint =
    language === null && isScript
      ? `Write LANGUAGE TYPESCRIPT behind '${module.text}'.`
      : "There is no JVM here. Write the function in TypeScript: AS './functions.ts' LANGUAGE TYPESCRIPT.";
  throw unsupported(`CREATE FUNCTION with LANGUAGE ${wanted}`, language?.position ?? name.position, hint);
}

function forbidden(): EngineError {
  return new EngineError(
    'PERMISSION',
    'user functions can not be loaded here: they are code that would run in this process',
    {
      hint: 'Run the script from the command line.',
    },
  );
}
