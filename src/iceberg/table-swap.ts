/**
 * The commit protocol: load, look, swap the very base that was looked at, and again after a conflict or an unknown outcome. Check and
 * compare-and-swap share one base, so that an older request still under way can win or lose, but rows never land twice.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EngineError } from '../model/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { joinUri } from '../storage/uri.ts';
import { type AppendRequest, planAppend } from './append.ts';
import { sameLong } from './json.ts';
import { type CommitOutcome, formatIdentifier, type LakeCatalog, type TableIdentifier } from './lake-catalog.ts';
import { type ManifestFile, readManifestList } from './manifest-list.ts';
import { currentSnapshot, type TableMetadata } from './table-metadata.ts';
import { requireTable } from './table-options.ts';
import { metadataLocation, numberProperty } from './table-properties.ts';

/** Attempts of one commit, unless the table says otherwise (`commit.retry.num-retries`); some four minutes with the delays below. */
const maxAttempts = 30;
const firstDelayMs = 100;
const maxDelayMs = 10_000;

export type SwapEnvironment = Readonly<{
  catalog: LakeCatalog;
  table: TableIdentifier;
  /** The table that was planned for: a table dropped and made again is another. */
  tableUuid: string;
  storage: Storage;
  now: () => number;
  newId: () => string;
  sleep?: ((ms: number) => Promise<unknown>) | undefined;
}>;

/** The manifests of the new snapshot out of those of the base, and what the summary says of it. null: nothing has to be done. */
export type ManifestChange = (
  before: readonly ManifestFile[],
) => Promise<Readonly<{ manifests: readonly ManifestFile[]; summary: Readonly<Record<string, string>> }> | null>;

/** What to do to a base: without the parts that `swap` adds. null: nothing has to be done, it has landed. */
export type SwapStep = (
  base: TableMetadata,
) => (Omit<AppendRequest, 'manifests' | 'manifestListPath' | 'nowMs'> & Readonly<{ change: ManifestChange }>) | null;

/** Adds a manifest, or none. */
export function adding(added: ManifestFile | null): ManifestChange {
  return async (before) => ({ manifests: added === null ? before : [added, ...before], summary: {} });
}

/**
 * Runs `step` on the newest metadata until its append is in the table or it finds that it is there already. `step` throws to give up.
 * EngineError COMMIT when the attempts run out, CONFLICT when the table is another.
 */
export async function swapUntilLanded(environment: SwapEnvironment, step: SwapStep): Promise<void> {
  const { table, sleep = delay } = environment;
  const refused = new Map<string, bigint>(); // manifest lists of former attempts, and whose
  let outcomesKnown = true;
  let last = '';
  let limit = maxAttempts;
  for (let attempt = 1; attempt <= limit; attempt++) {
    if (attempt > 1) await sleep(Math.min(firstDelayMs * 2 ** (attempt - 2), maxDelayMs));
    const base = await loadBase(environment);
    if (base instanceof EngineError) {
      last = base.message;
      continue;
    }
    limit = 1 + numberProperty(base.properties ?? {}, 'commit.retry.num-retries', maxAttempts - 1);
    const request = step(base);
    if (request === null) return outcomesKnown ? await deleteBeaten(environment, base, refused) : undefined;
    const attempted = await attemptSwap(environment, base, request);
    if (attempted === null) return;
    const { outcome, manifestListPath } = attempted;
    if (outcome.kind === 'committed') return outcomesKnown ? await deleteAll(environment, refused.keys()) : undefined;
    last = outcome.message;
    if (outcome.kind === 'unknown') outcomesKnown = false; // a request may be under way: nothing is ours to delete
    refused.set(manifestListPath, request.snapshotId);
  }
  throw new EngineError(
    'COMMIT',
    `table '${formatIdentifier(table)}': ${limit} attempts to commit failed; the last: ${last}`,
    {
      retryable: true,
      hint: "Look at the catalog's log; the files of this epoch stay, and a restart commits them.",
    },
  );
}

/**
 * Even a conflict does not say that an attempt has not landed: a gateway that asked twice passes on the refusal of its second request. Only
 * when the table has the snapshot can its other manifest lists never be of use: a second one of the id is refused.
 */
async function deleteBeaten(
  environment: SwapEnvironment,
  base: TableMetadata,
  refused: ReadonlyMap<string, bigint>,
): Promise<void> {
  const live = (base.snapshots ?? []).filter((snapshot) =>
    [...refused.values()].some((id) => sameLong(snapshot['snapshot-id'], id)),
  );
  if (live.length === 0) return; // expired already: which list it had is not known
  const lists = live.map((snapshot) => snapshot['manifest-list']);
  await deleteAll(
    environment,
    [...refused.keys()].filter((path) => !lists.includes(path)),
  );
}

/** A file that can't be deleted now is left over, and harms nobody. */
async function deleteAll({ storage }: SwapEnvironment, paths: Iterable<string>): Promise<void> {
  for (const path of paths) await storage.delete(path).catch(() => undefined);
}

/** A passing fault of the catalog is given back: it costs an attempt. */
async function loadBase(environment: SwapEnvironment): Promise<TableMetadata | EngineError> {
  const { catalog, table, tableUuid } = environment;
  let base: TableMetadata;
  try {
    base = await requireTable(catalog, table);
  } catch (error) {
    if (error instanceof EngineError && error.retryable) return error;
    throw error;
  }
  if (base['table-uuid'].toLowerCase() === tableUuid.toLowerCase()) return base;
  const message = `table '${formatIdentifier(table)}': expected uuid ${tableUuid}, got ${base['table-uuid']}`;
  throw new EngineError('CONFLICT', message, {
    hint: 'The table was dropped and made again while the job ran: restart the job.',
  });
}

async function attemptSwap(
  environment: SwapEnvironment,
  base: TableMetadata,
  request: NonNullable<ReturnType<SwapStep>>,
): Promise<{ outcome: CommitOutcome; manifestListPath: string } | null> {
  const { catalog, table, storage, now, newId } = environment;
  const parent = currentSnapshot(base);
  const before =
    parent === null ? [] : readManifestList(await storage.read(parent['manifest-list']), parent['manifest-list']);
  const changed = await request.change(before);
  if (changed === null) return null;
  const manifestListPath = joinUri(metadataLocation(base), `snap-${request.snapshotId}-${newId()}.avro`);
  const { manifestList, commit } = planAppend(base, {
    ...request,
    manifests: changed.manifests,
    summary: { ...request.summary, ...changed.summary },
    manifestListPath,
    nowMs: now(),
  });
  await storage.write(manifestListPath, manifestList);
  return { outcome: await catalog.commit(table, commit), manifestListPath };
}
