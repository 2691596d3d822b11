/** Tables as the REST catalog serves them: over names in SQLite and metadata files. Retries what only lost a race. */
import { randomUUID } from 'node:crypto';
import { isEngineError } from '../model/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { isBelow, joinUri } from '../storage/uri.ts';
import { type NewTableShape, withFreshIds } from './fresh-ids.ts';
import { sameLong } from './json.ts';
import { formatIdentifier, type TableIdentifier } from './lake-catalog.ts';
import { deleteQuietly, readMetadata, withMetadataLog, writeMetadata } from './metadata-file.ts';
import { applyUpdates } from './metadata-updates.ts';
import { emptyMetadata, newTableMetadata } from './new-table.ts';
import { RestFault } from './rest-fault.ts';
import type { SqliteNames } from './sqlite-names.ts';
import type { TableMetadata } from './table-metadata.ts';
import { purgeTable } from './table-purge.ts';
import { failedRequirement } from './table-requirement.ts';
import type { TableCommit } from './table-update.ts';

const commitAttempts = 10; // each lost to another commit; then the client is told to try again

export type RestTablesOptions = Readonly<{
  names: SqliteNames;
  storage: Storage;
  warehouse: string;
  /** Where files may be beside the warehouse: a client names locations, and this process reads, writes and purges there. */
  allowed: readonly string[];
  now: () => number;
}>;

export type LoadedTable = Readonly<{ location: string | null; metadata: TableMetadata }>;

export type CreateTableRequest = NewTableShape &
  Readonly<{ name: string; location: string | null; properties: Readonly<Record<string, string>>; stage: boolean }>;

type Prepared = Readonly<{
  table: TableIdentifier;
  expected: string | null;
  next: string;
  metadata: TableMetadata;
  dropped: readonly string[];
}>;

export class RestTables {
  readonly #options: RestTablesOptions;

  constructor(options: RestTablesOptions) {
    this.#options = options;
  }

  async load(table: TableIdentifier): Promise<LoadedTable> {
    const location = this.#locationOf(table);
    try {
      return { location, metadata: await readMetadata(this.#options.storage, location) };
    } catch (error) {
      if (!isEngineError(error) || error.code !== 'NOT_FOUND') throw error;
      throw new RestFault('NotFoundException', `Failed to open input stream for file: ${location}`);
    }
  }

  exists(table: TableIdentifier): boolean {
    return this.#options.names.locationOf(table) !== null;
  }

  /** A staged table is only described: a commit with `assert-create` makes it. */
  async create(namespace: readonly string[], request: CreateTableRequest): Promise<LoadedTable> {
    const { names, storage, warehouse, now } = this.#options;
    const table = { namespace, name: request.name };
    this.#requireNamespace(namespace);
    if (this.exists(table)) throw taken(table);
    const location = (request.location ?? joinUri(warehouse, ...namespace, request.name)).replace(/\/+$/, '');
    this.#checkPlaces(location, request.properties);
    const { schema, spec, sortOrder } = withFreshIds(request);
    const shape = { schema, spec, sortOrder, properties: request.properties, location };
    const metadata = newTableMetadata(shape, { uuid: randomUUID(), location, nowMs: now() });
    if (request.stage) return { location: null, metadata };
    const file = await writeMetadata(storage, metadata, null);
    if (names.insert(table, file)) return { location: file, metadata };
    await storage.delete(file);
    throw taken(table);
  }

  /** A table that another catalog has made, by its metadata file. */
  async register(table: TableIdentifier, location: string, overwrite: boolean): Promise<LoadedTable> {
    const { names, storage } = this.#options;
    this.#requireNamespace(table.namespace);
    const before = names.locationOf(table);
    if (before !== null && !overwrite) throw taken(table);
    this.#checkPlace(location);
    const metadata = await readMetadata(storage, location);
    if (names.swapAll([{ table, expected: before, next: location }])) return { location, metadata };
    throw taken(table);
  }

  rename(from: TableIdentifier, to: TableIdentifier): void {
    this.#locationOf(from);
    this.#requireNamespace(to.namespace);
    if (!this.#options.names.rename(from, to)) throw taken(to);
  }

  async drop(table: TableIdentifier, purge: boolean): Promise<void> {
    const { names, storage } = this.#options;
    const { metadata, location } = await this.load(table);
    if (!names.remove(table)) throw missing(table);
    if (purge) await purgeTable(storage, metadata, location!, (file) => this.#isAllowed(file));
  }

  async commit(table: TableIdentifier, commit: TableCommit): Promise<LoadedTable> {
    const [loaded] = await this.commitAll([{ table, commit }]);
    return loaded!;
  }

  /** All of them or none. What loses a race is tried again on the new base: whether it still holds is for its requirements to say. */
  async commitAll(
    commits: readonly Readonly<{ table: TableIdentifier; commit: TableCommit }>[],
  ): Promise<LoadedTable[]> {
    const { names, storage } = this.#options;
    for (let attempt = 1; attempt <= commitAttempts; attempt++) {
      const prepared: Prepared[] = [];
      try {
        for (const { table, commit } of commits) prepared.push(await this.#prepare(table, commit));
      } catch (error) {
        await deleteQuietly(
          storage,
          prepared.map(({ next }) => next),
        );
        throw error;
      }
      if (names.swapAll(prepared)) {
        await deleteQuietly(
          storage,
          prepared.flatMap(({ dropped }) => dropped),
        );
        return prepared.map(({ next, metadata }) => ({ location: next, metadata }));
      }
      await deleteQuietly(
        storage,
        prepared.map(({ next }) => next),
      );
    }
    const tables = commits.map(({ table }) => formatIdentifier(table)).join(', ');
    throw new RestFault('CommitFailedException', `Cannot commit: ${tables} changed ${commitAttempts} times meanwhile`);
  }

  async #prepare(table: TableIdentifier, commit: TableCommit): Promise<Prepared> {
    const { names, storage, now } = this.#options;
    const location = names.locationOf(table);
    const creates = commit.requirements.some(({ type }) => type === 'assert-create');
    if (location === null && !creates) throw missing(table);
    if (location === null) this.#requireNamespace(table.namespace);
    const base = location === null ? null : await readMetadata(storage, location);
    const failed = failedRequirement(base, commit.requirements);
    if (failed !== null) throw new RestFault(creates ? 'AlreadyExistsException' : 'CommitFailedException', failed);
    if (base === null || location === null) {
      const metadata = applyUpdates(emptyMetadata(randomUUID(), now(), versionIn(commit)), commit.updates, now());
      this.#checkPlaces(metadata.location, metadata.properties);
      const next = await writeMetadata(storage, metadata, null);
      return { table, expected: null, next, metadata, dropped: [] };
    }
    const { metadata, dropped } = withMetadataLog(applyUpdates(base, commit.updates, now()), base, location);
    this.#checkPlaces(metadata.location, metadata.properties);
    const next = await writeMetadata(storage, metadata, location);
    return { table, expected: location, next, metadata, dropped };
  }

  /** Where a table's metadata and data go. */
  #checkPlaces(location: string, properties: TableMetadata['properties'] = {}): void {
    const places = [location, properties['write.metadata.path'], properties['write.data.path']];
    for (const place of places) if (place !== undefined) this.#checkPlace(place);
  }

  #checkPlace(place: string): void {
    if (this.#isAllowed(place)) return;
    const { warehouse, allowed } = this.#options;
    throw new RestFault(
      'ForbiddenException',
      `location: expected one below ${[warehouse, ...allowed].join(' or ')}, got '${place}'`,
    );
  }

  #isAllowed(place: string): boolean {
    const { warehouse, allowed } = this.#options;
    return [warehouse, ...allowed].some((root) => isBelow(place, root));
  }

  #locationOf(table: TableIdentifier): string {
    const location = this.#options.names.locationOf(table);
    if (location !== null) return location;
    throw missing(table);
  }

  #requireNamespace(namespace: readonly string[]): void {
    if (this.#options.names.hasNamespace(namespace)) return;
    throw new RestFault('NoSuchNamespaceException', `Namespace does not exist: ${namespace.join('.')}`);
  }
}

/** The format version that a commit which makes a table begins with. */
function versionIn({ updates }: TableCommit): number | undefined {
  const update = updates.find(({ action }) => action === 'upgrade-format-version');
  return update?.action === 'upgrade-format-version' ? update['format-version'] : undefined;
}

function missing(table: TableIdentifier): RestFault {
  return new RestFault('NoSuchTableException', `Table does not exist: ${formatIdentifier(table)}`);
}

function taken(table: TableIdentifier): RestFault {
  return new RestFault('AlreadyExistsException', `Table already exists: ${formatIdentifier(table)}`);
}

/** The metadata with the snapshots that a branch or tag names alone, for clients that ask for no more. */
export function withNamedSnapshots(metadata: TableMetadata): TableMetadata {
  const named = Object.values(metadata.refs ?? {}).map((ref) => ref['snapshot-id']);
  const snapshots = metadata.snapshots?.filter(({ 'snapshot-id': id }) => named.some((one) => sameLong(one, id)));
  return { ...metadata, snapshots: snapshots ?? [] };
}
