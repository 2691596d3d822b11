import type { DataFileJson } from '../../src/iceberg/data-file.ts';
import type { CommitOutcome, LakeCatalog, TableIdentifier } from '../../src/iceberg/lake-catalog.ts';
import { planScan } from '../../src/iceberg/scan.ts';
import { schemaOf } from '../../src/iceberg/schema.ts';
import type { TableMetadata } from '../../src/iceberg/table-metadata.ts';
import type { TableCommit } from '../../src/iceberg/table-update.ts';
import { EngineError } from '../../src/model/errors.ts';
import { types } from '../../src/model/types.ts';
import { IcebergCommitter } from '../../src/sinks/iceberg-committer.ts';
import type { IcebergSinkConfig } from '../../src/sinks/iceberg-config.ts';
import type { Storage } from '../../src/storage/storage.ts';

export const table: TableIdentifier = { namespace: ['db'], name: 't' };

/** The process ends here. */
export class Crash extends Error {}

/** What befalls the next step of a kind. */
export type Fault =
  | 'crash-before'
  | 'crash-after'
  /** The catalog says no to something that it never saw. */
  | 'conflict'
  /** 5xx, and nothing happened. */
  | 'unknown-before'
  /** 5xx, and it happened. */
  | 'unknown-after'
  /** 5xx, and it happens later: the request is still under way. */
  | 'delayed'
  /** Somebody else appends just before. */
  | 'foreign'
  | 'none';

/** A lake whose every step can fail, and whose requests can be under way for long. */
export class FaultyLake implements LakeCatalog {
  readonly storage: Storage;
  /** Taken one by one for each commit, load and write; then all goes well. */
  faults: Fault[] = [];
  /** A catalog that does not compare before it swaps: for showing that the law notices. */
  ignoresRequirements = false;
  readonly #lake: LakeCatalog;
  readonly #underWay: (() => Promise<unknown>)[] = [];
  readonly foreign: () => Promise<void>;

  constructor(lake: LakeCatalog, storage: Storage, foreign: () => Promise<void>) {
    this.#lake = lake;
    this.storage = storage;
    this.foreign = foreign;
  }

  /** Requests under way arrive now. */
  async deliver(): Promise<void> {
    for (const request of this.#underWay.splice(0)) await request().catch(() => undefined);
  }

  async loadTable(identifier: TableIdentifier): Promise<TableMetadata | null> {
    return this.#crashing(() => this.#lake.loadTable(identifier));
  }

  async commit(identifier: TableIdentifier, commit: TableCommit): Promise<CommitOutcome> {
    const fault = this.faults.shift() ?? 'none';
    const send = async (): Promise<CommitOutcome> =>
      this.#lake.commit(identifier, this.ignoresRequirements ? await this.#unfenced(identifier, commit) : commit);
    const unknown: CommitOutcome = { kind: 'unknown', message: 'status 502', cause: null };
    switch (fault) {
      case 'crash-before':
        throw new Crash();
      case 'crash-after':
        await send();
        throw new Crash();
      case 'conflict':
        return { kind: 'conflict', message: 'stale' };
      case 'unknown-before':
        return unknown;
      case 'unknown-after':
        await send();
        return unknown;
      case 'delayed':
        this.#underWay.push(send);
        return unknown;
      case 'foreign':
        await this.foreign();
        return send();
      case 'none':
        return send();
    }
  }

  /** The commit as if its base were the newest. */
  async #unfenced(identifier: TableIdentifier, commit: TableCommit): Promise<TableCommit> {
    const last = BigInt((await this.#lake.loadTable(identifier))!['last-sequence-number'] ?? 0);
    const updates = commit.updates.map((update) =>
      update.action === 'add-snapshot'
        ? { ...update, snapshot: { ...update.snapshot, 'sequence-number': last + 1n } }
        : update,
    );
    return { requirements: [], updates };
  }

  async #crashing<T>(step: () => Promise<T>): Promise<T> {
    const fault = this.faults.shift() ?? 'none';
    if (fault === 'crash-before') throw new Crash();
    if (fault === 'delayed') await this.deliver();
    const result = await step();
    if (fault === 'crash-after') throw new Crash();
    return result;
  }

  /** The storage as a process of this lake sees it. */
  get faultyStorage(): Storage {
    const { storage } = this;
    return {
      read: (uri) => storage.read(uri),
      readRange: (uri, start, end) => storage.readRange(uri, start, end),
      list: (uri) => storage.list(uri),
      exists: (uri) => storage.exists(uri),
      delete: (uri) => storage.delete(uri),
      write: (uri, bytes) => this.#crashing(() => storage.write(uri, bytes)),
    };
  }

  listNamespaces = (): Promise<string[][]> => this.#lake.listNamespaces();
  namespaceExists = (namespace: readonly string[]): Promise<boolean> => this.#lake.namespaceExists(namespace);
  createNamespace = (...args: Parameters<LakeCatalog['createNamespace']>): Promise<void> =>
    this.#lake.createNamespace(...args);
  dropNamespace = (namespace: readonly string[]): Promise<void> => this.#lake.dropNamespace(namespace);
  listTables = (namespace: readonly string[]): Promise<string[]> => this.#lake.listTables(namespace);
  createTable = (...args: Parameters<LakeCatalog['createTable']>): Promise<void> => this.#lake.createTable(...args);
  dropTable = (identifier: TableIdentifier): Promise<void> => this.#lake.dropTable(identifier);
  close = async (): Promise<void> => {};
}

export async function createTable(lake: LakeCatalog, properties: Readonly<Record<string, string>> = {}): Promise<void> {
  await lake.createNamespace(['db'], new Map());
  const schema = schemaOf([{ name: 'id', type: types.of('bigint') }], []);
  await lake.createTable(table, { schema, spec: { 'spec-id': 0, fields: [] }, properties, location: null });
}

export async function configOf(lake: LakeCatalog): Promise<IcebergSinkConfig> {
  const metadata = (await lake.loadTable(table))!;
  return {
    table: { catalogName: 'lake', catalogOptions: {}, identifier: table },
    tableName: '`lake`.`db`.`t`',
    tableUuid: metadata['table-uuid'],
    schemaId: 0,
    specId: 0,
    columns: [],
    partition: [],
    dataLocation: `${metadata.location}/data`,
    codec: 'zstd',
    targetFileBytes: 1e9,
  };
}

export type CommitterOverrides = Readonly<{
  catalog: LakeCatalog;
  storage: Storage;
  config: IcebergSinkConfig;
  sinkId?: string;
}>;

let ids = 0;

export function committerOf({ catalog, storage, config, sinkId = 'job' }: CommitterOverrides): IcebergCommitter {
  return new IcebergCommitter(config, {
    jobName: 'job',
    warn: () => {},
    sinkId,
    connect: async () => ({
      catalog,
      table,
      tableUuid: config.tableUuid,
      storage,
      now: () => 1_700_000_000_000,
      newId: () => String(ids++),
      sleep: async () => {},
    }),
  });
}

/** A committable of one file that was never written: the committer does not look into it. */
export function fileOf(path: string, recordCount = 1): { files: DataFileJson[] } {
  const columns = [[1, 8, recordCount, 0, null, '0100000000000000', '0100000000000000'] as const];
  return { files: [{ path, partition: [], recordCount, sizeBytes: 100, splitOffsets: [4], columns }] };
}

/** Paths of all files of the newest snapshot, in order. */
export async function filesOf(lake: LakeCatalog, storage: Storage): Promise<string[]> {
  const metadata = (await lake.loadTable(table))!;
  const { files } = await planScan(metadata, storage, { travel: { kind: 'latest' }, predicates: () => [] });
  return files.map((file) => file.path).sort();
}

export const noInfo = { jobName: 'job', watermark: null, offsets: [] };

export async function codeOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return 'none';
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
}
