/** Everything that a dropped table leaves: data files, manifests, manifest lists, metadata files. */
import type { Storage } from '../storage/storage.ts';
import { readManifest } from './manifest.ts';
import { readManifestList } from './manifest-list.ts';
import { deleteQuietly } from './metadata-file.ts';
import type { TableMetadata } from './table-metadata.ts';

/**
 * From what nothing refers to any more upwards; a file that can't be read or deleted is left over, and harms nobody. Manifests may name any
 * file: only those that `isAllowed` go.
 */
export async function purgeTable(
  storage: Storage,
  metadata: TableMetadata,
  location: string,
  isAllowed: (file: string) => boolean,
): Promise<void> {
  const files = new Set<string>();
  const manifests = new Set<string>();
  const lists = (metadata.snapshots ?? []).map((snapshot) => snapshot['manifest-list']);
  for (const list of lists) for (const path of await manifestsOf(storage, list)) manifests.add(path);
  for (const manifest of manifests) for (const path of await filesOf(storage, manifest)) files.add(path);
  const log = (metadata['metadata-log'] ?? []).map((entry) => entry['metadata-file']);
  const all = [...files, ...manifests, ...lists, ...log, location];
  await deleteQuietly(storage, all.filter(isAllowed));
}

async function manifestsOf(storage: Storage, list: string): Promise<string[]> {
  try {
    return readManifestList(await storage.read(list), list).map(({ path }) => path);
  } catch {
    return [];
  }
}

async function filesOf(storage: Storage, manifest: string): Promise<string[]> {
  try {
    return readManifest(await storage.read(manifest), manifest, () => []).map(({ file }) => file.path);
  } catch {
    return [];
  }
}
