/** Namespaces as the REST catalog serves them. */
import { RestFault } from './rest-fault.ts';
import type { SqliteNames } from './sqlite-names.ts';

export class RestNamespaces {
  readonly #names: SqliteNames;

  constructor(names: SqliteNames) {
    this.#names = names;
  }

  /** Those right below `parent`, also where only something deeper says that they are there. */
  list(parent: readonly string[]): string[][] {
    if (parent.length > 0) this.#require(parent);
    const below = this.#names
      .namespaces()
      .filter((levels) => levels.length > parent.length && parent.every((level, index) => levels[index] === level))
      .map((levels) => levels.slice(0, parent.length + 1));
    return [...new Map(below.map((levels) => [levels.join('.'), levels])).values()];
  }

  create(namespace: readonly string[], properties: ReadonlyMap<string, string>): unknown {
    if (this.#names.hasNamespace(namespace)) {
      throw new RestFault('AlreadyExistsException', `Namespace already exists: ${namespace.join('.')}`);
    }
    this.#names.setNamespaceProperties(namespace, properties);
    return { namespace, properties: Object.fromEntries(properties) };
  }

  load(namespace: readonly string[]): unknown {
    this.#require(namespace);
    return { namespace, properties: Object.fromEntries(this.#names.namespaceProperties(namespace)) };
  }

  /** Says of each key whether it was set, taken away, or not there. */
  update(namespace: readonly string[], updates: ReadonlyMap<string, string>, removals: readonly string[]): unknown {
    this.#require(namespace);
    const both = removals.find((key) => updates.has(key));
    if (both !== undefined) {
      throw new RestFault('UnprocessableEntityException', `Invalid namespace update, cannot set and remove: ${both}`);
    }
    const before = this.#names.namespaceProperties(namespace);
    this.#names.setNamespaceProperties(namespace, updates, removals);
    return {
      updated: [...updates.keys()],
      removed: removals.filter((key) => before.has(key)),
      missing: removals.filter((key) => !before.has(key)),
    };
  }

  drop(namespace: readonly string[]): void {
    this.#require(namespace);
    const name = namespace.join('.');
    if (this.#names.tables(namespace).length > 0) {
      throw new RestFault('NamespaceNotEmptyException', `Namespace ${name} is not empty. Contains tables.`);
    }
    if (this.list(namespace).length > 0) {
      throw new RestFault('NamespaceNotEmptyException', `Namespace ${name} is not empty. Contains namespaces.`);
    }
    this.#names.dropNamespace(namespace);
  }

  tables(namespace: readonly string[]): string[] {
    this.#require(namespace);
    return this.#names.tables(namespace);
  }

  #require(namespace: readonly string[]): void {
    const name = namespace.join('.');
    const exists = this.#names.namespaces().some((levels) => `${levels.join('.')}.`.startsWith(`${name}.`));
    if (!exists) throw new RestFault('NoSuchNamespaceException', `Namespace does not exist: ${name}`);
  }
}
