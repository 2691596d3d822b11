/** Metadata documents as files: each version a file of its own, named as Iceberg names them, and the log of those before. */
import { randomUUID } from 'node:crypto';
import type { Storage } from '../storage/storage.ts';
import { joinUri } from '../storage/uri.ts';
import { parseJson, printJson } from './json.ts';
import type { TableMetadata } from './table-metadata.ts';
import { metadataLocation } from './table-properties.ts';

const defaultPreviousVersions = 100; // write.metadata.previous-versions-max

export async function readMetadata(storage: Storage, location: string): Promise<TableMetadata> {
  return parseJson(new TextDecoder().decode(await storage.read(location)), location);
}

/** Writes the version after the one at `base` (null: the first) and gives its location. Nothing refers to it yet. */
export async function writeMetadata(storage: Storage, metadata: TableMetadata, base: string | null): Promise<string> {
  const version = base === null ? 0 : versionOf(base) + 1;
  const name = `${String(version).padStart(5, '0')}-${randomUUID()}.metadata.json`;
  const file = joinUri(metadataLocation(metadata), name);
  await storage.write(file, new TextEncoder().encode(printJson(metadata)));
  return file;
}

/**
 * `next` with `base`, which is at `location`, in its log. `write.metadata.previous-versions-max` entries stay; `dropped` are the files of the
 * rest where the table says that they go.
 */
export function withMetadataLog(
  next: TableMetadata,
  base: TableMetadata,
  location: string,
): { metadata: TableMetadata; dropped: readonly string[] } {
  const entry = { 'timestamp-ms': base['last-updated-ms'], 'metadata-file': location };
  const log = [...(base['metadata-log'] ?? []), entry];
  const properties = next.properties ?? {};
  const keep = Math.max(1, Number(properties['write.metadata.previous-versions-max'] ?? defaultPreviousVersions));
  const gone = log.slice(0, Math.max(0, log.length - keep)).map((one) => one['metadata-file']);
  const deleting = properties['write.metadata.delete-after-commit.enabled'] === 'true';
  return { metadata: { ...next, 'metadata-log': log.slice(-keep) }, dropped: deleting ? gone : [] };
}

/** A file that stays does no harm. */
export async function deleteQuietly(storage: Storage, files: readonly string[]): Promise<void> {
  for (const file of files) await storage.delete(file).catch(() => undefined);
}

/** The number at the head of `00012-….metadata.json`; −1 for another name, as Iceberg counts then. */
function versionOf(location: string): number {
  const match = /\/(\d+)-[^/]*$/.exec(location);
  return match === null ? -1 : Number(match[1]);
}
