/** The engine put together in this process: what the command line and the TypeScript API have in common. */
import { type Clock, systemClock } from '../engine/clock.ts';
import { startJob } from '../engine/job.ts';
import { createIcebergCatalog } from '../iceberg/catalog.ts';
import { queryLake } from '../iceberg/query.ts';
import { createConnectors } from '../job/connector-registry.ts';
import type { CatalogFactory } from '../job/script.ts';
import type { Catalog } from '../model/table.ts';
import { generators } from '../simulator/generators.ts';
import type { CommandDependencies, LakeQuery, QueryResult } from './dependencies.ts';

export type LocalEngine = Pick<
  CommandDependencies,
  | 'workingDirectory'
  | 'machineTimeZone'
  | 'clock'
  | 'connectors'
  | 'catalogFactory'
  | 'metadataColumns'
  | 'runJob'
  | 'queryLake'
>;

export type LocalEngineOptions = Readonly<{
  /** Absolute; relative paths in scripts are resolved against it. */
  workingDirectory: string;
  /** The module of the worker threads (worker.ts, compiled or not). */
  workerUrl: URL;
  /** Hears what catalogs have to say. */
  warn: (message: string) => void;
}>;

export function localEngine({ workingDirectory, workerUrl, warn }: LocalEngineOptions): LocalEngine {
  const clock: Clock = systemClock;
  const connectors = createConnectors(generators);
  const catalogFactory: CatalogFactory = (name, options) =>
    createIcebergCatalog(name, options, { workingDirectory, now: clock.now, warn });
  return {
    workingDirectory,
    machineTimeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    clock,
    connectors,
    catalogFactory,
    metadataColumns: (name) =>
      new Map([...(connectors[name]?.sink?.metadata ?? []), ...(connectors[name]?.source?.metadata ?? [])]),
    runJob: (job) => startJob({ ...job, connectors, clock, workerUrl }),
    queryLake: (query) => queryTables(query, catalogFactory, { workingDirectory, now: clock.now }),
  };
}

async function queryTables(
  { text, catalogs }: LakeQuery,
  catalogFactory: CatalogFactory,
  options: Readonly<{ workingDirectory: string; now: () => number }>,
): Promise<QueryResult> {
  const opened = new Map<string, Catalog>();
  try {
    for (const catalog of catalogs) opened.set(catalog.name, await catalogFactory(catalog.name, catalog.options));
    const { fields, rows } = await queryLake(text, opened, options);
    return { columns: fields, rows };
  } finally {
    for (const catalog of opened.values()) await catalog.close();
  }
}
