/** A written manifest as JSON, for the checkpoint. */
import type { ManifestFile } from './manifest-list.ts';

export type ManifestJson = Readonly<{
  path: string;
  length: number;
  specId: number;
  snapshotId: string;
  files: number;
  rows: string;
  partitions: readonly Readonly<{
    containsNull: boolean;
    containsNan: boolean | null;
    lower: string | null;
    upper: string | null;
  }>[];
}>;

/** Of a manifest of added files that is in no snapshot yet. */
export function manifestToJson(manifest: ManifestFile): ManifestJson {
  const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
  return {
    path: manifest.path,
    length: Number(manifest.length),
    specId: manifest.specId,
    snapshotId: String(manifest.addedSnapshotId),
    files: manifest.files.added,
    rows: String(manifest.rows.added),
    partitions: (manifest.partitions ?? []).map((summary) => ({
      containsNull: summary.containsNull,
      containsNan: summary.containsNan,
      lower: hex(summary.lower),
      upper: hex(summary.upper),
    })),
  };
}

export function manifestFromJson(json: ManifestJson): ManifestFile {
  const bytes = (hex: string | null): Uint8Array | null =>
    hex === null ? null : Uint8Array.from(Buffer.from(hex, 'hex'));
  return {
    path: json.path,
    length: BigInt(json.length),
    specId: json.specId,
    content: 0,
    sequenceNumber: null,
    minSequenceNumber: null,
    addedSnapshotId: BigInt(json.snapshotId),
    files: { added: json.files, existing: 0, deleted: 0 },
    rows: { added: BigInt(json.rows), existing: 0n, deleted: 0n },
    partitions: json.partitions.map((summary) => ({
      ...summary,
      lower: bytes(summary.lower),
      upper: bytes(summary.upper),
    })),
    keyMetadata: null,
  };
}
