import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAvroFile } from '../../src/iceberg/avro-file.ts';
import type { AvroField, AvroObject } from '../../src/iceberg/avro-schema.ts';
import type { DataFile } from '../../src/iceberg/data-file.ts';
import { readManifest, writeManifest } from '../../src/iceberg/manifest.ts';
import { manifestFromJson, manifestToJson } from '../../src/iceberg/manifest-json.ts';
import { readManifestList, writeManifestList } from '../../src/iceberg/manifest-list.ts';
import {
  bindSpec,
  type PartitionField,
  type PartitionSpecJson,
  partitionPath,
} from '../../src/iceberg/partition-spec.ts';
import { parseSchema, type SchemaJson } from '../../src/iceberg/schema.ts';
import { encodeValue } from '../../src/iceberg/single-value.ts';

// Written by Java Iceberg 1.11 (day, bucket, identity and truncate partitions); the JSON is what fastavro reads of them.
const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures', name));
const javaBytes = fixture('java-manifest.avro');
const expected = JSON.parse(fixture('java-manifest.json').toString());

const java = readAvroFile(javaBytes, 'java-manifest.avro');
const schema = JSON.parse(java.metadata.get('schema')!) as SchemaJson;
const spec: PartitionSpecJson = { 'spec-id': 0, fields: JSON.parse(java.metadata.get('partition-spec')!) };
const fields = bindSpec(spec, parseSchema(schema));

function plain(field: PartitionField, value: unknown): unknown {
  if (field.type.kind === 'date') return new Date((value as number) * 86_400_000).toISOString().slice(0, 10);
  return value;
}

const plainMap = (map: ReadonlyMap<number, unknown>, as: (value: never) => unknown = (value) => value): unknown =>
  Object.fromEntries([...map].map(([key, value]) => [key, as(value as never)]));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('manifests that Java wrote', () => {
  const entries = readManifest(javaBytes, 'java-manifest.avro', () => fields);

  it('hold all files', () => {
    expect(entries.length).toBe(expected.manifestFiles);
    expect(entries.reduce((sum, { file }) => sum + file.recordCount, 0)).toBe(expected.records);
    expect(entries.reduce((sum, { file }) => sum + file.sizeBytes, 0)).toBe(expected.bytes);
  });

  it.each([
    [0, 0],
    [20, 1],
    [43, 2],
  ])('entry %i as another reader sees it', (index, at) => {
    const { file, snapshotId } = entries[index]!;
    const wanted = expected.entries[at];
    expect(String(snapshotId)).toBe(wanted.snapshot);
    expect(file.path).toBe(wanted.path);
    expect(file.partition.map((value, i) => (value === null ? null : plain(fields[i]!, value)))).toEqual(
      wanted.partition,
    );
    expect(plainMap(file.columnSizes)).toEqual(wanted.columnSizes);
    expect(plainMap(file.nullCounts)).toEqual(wanted.nulls);
    expect(plainMap(file.nanCounts)).toEqual(wanted.nans);
    expect(plainMap(file.lowerBounds, hex)).toEqual(wanted.lower);
    expect(plainMap(file.upperBounds, hex)).toEqual(wanted.upper);
    expect(file.splitOffsets).toEqual(wanted.splits);
  });

  it('and their list', () => {
    const bytes = fixture('java-manifest-list.avro');
    const list = readManifestList(bytes, 'java-manifest-list.avro');
    expect(
      list.map((manifest) => [manifest.path, String(manifest.addedSnapshotId), String(manifest.sequenceNumber)]),
    ).toEqual(
      expected.list.map((entry: Record<string, string>) => [
        entry.manifest_path,
        entry.added_snapshot_id,
        entry.sequence_number,
      ]),
    );
    const owner = { snapshotId: 1n, parentSnapshotId: null, sequenceNumber: 9n };
    expect(readManifestList(writeManifestList(list, owner), 'again')).toEqual(list);
  });
});

const file = (overrides: Partial<DataFile> = {}): DataFile => ({
  path: 'file:///t/data/a.parquet',
  format: 'PARQUET',
  partition: [20778, 3, null, 'dév'],
  recordCount: 5,
  sizeBytes: 1234,
  columnSizes: new Map([[1, 50]]),
  valueCounts: new Map([[1, 5]]),
  nullCounts: new Map([[1, 0]]),
  nanCounts: new Map(),
  lowerBounds: new Map([[1, Buffer.from('05', 'hex')]]),
  upperBounds: new Map([[1, Buffer.from('06', 'hex')]]),
  splitOffsets: [4],
  ...overrides,
});

const write = (files: readonly DataFile[], partition: readonly PartitionField[] = fields) =>
  writeManifest({ path: 'file:///t/m.avro', snapshotId: 2n ** 62n + 1n, schema, spec, fields: partition, files });

describe('manifests that we write', () => {
  it('have the schema that Java writes: the same ids, names and types', () => {
    const ours = readAvroFile(write([file()]).bytes, 'ours').schema as AvroObject;
    const flat = flatten(java.schema as AvroObject);
    const mine = flatten(ours);
    for (const [id, text] of mine) expect([id, text]).toEqual([id, flat.get(id)]);
    expect(mine.size).toBe(39);
  });

  it('have the header keys that Java writes', () => {
    const ours = readAvroFile(write([file()]).bytes, 'ours').metadata;
    for (const key of ['schema', 'schema-id', 'partition-spec', 'partition-spec-id', 'format-version', 'content']) {
      expect([key, ours.has(key)]).toEqual([key, true]);
    }
    expect(ours.get('content')).toBe(java.metadata.get('content'));
    expect(ours.get('partition-spec')).toBe(JSON.stringify(spec.fields));
  });

  it('give the files back, with sequence numbers to inherit', () => {
    const files = [file(), file({ path: 'b', partition: [null, 0, true, 'x'] })];
    const { bytes, manifest } = write(files);
    const entries = readManifest(bytes, 'ours', () => fields);
    expect(entries.map((entry) => entry.file)).toEqual(files);
    expect(entries.map((entry) => [entry.snapshotId, entry.sequenceNumber])).toEqual([
      [2n ** 62n + 1n, null],
      [2n ** 62n + 1n, null],
    ]);
    expect(manifest.files).toEqual({ added: 2, existing: 0, deleted: 0 });
    expect(manifest.rows.added).toBe(10n);
    expect(manifest.length).toBe(BigInt(bytes.length));
  });

  it('sum their partitions up', () => {
    const { manifest } = write([file(), file({ partition: [20000, 1, false, 'x'] })]);
    const bound = (index: number, value: never): string => hex(encodeValue(fields[index]!.type, value));
    expect(
      manifest.partitions!.map(({ containsNull, lower, upper }) => [
        containsNull,
        lower && hex(lower),
        upper && hex(upper),
      ]),
    ).toEqual([
      [false, bound(0, 20000 as never), bound(0, 20778 as never)],
      [false, bound(1, 1 as never), bound(1, 3 as never)],
      [true, bound(2, false as never), bound(2, false as never)],
      [false, bound(3, 'dév' as never), bound(3, 'x' as never)],
    ]);
  });

  it('survive the checkpoint as JSON', () => {
    const { manifest } = write([file()]);
    expect(manifestFromJson(JSON.parse(JSON.stringify(manifestToJson(manifest))))).toEqual(manifest);
  });

  it('define a named type once', () => {
    const two = ['a', 'b'].map(
      (name, index): PartitionField => ({
        id: 1000 + index,
        name: `${name}.x`,
        sourceId: 11,
        transform: { kind: 'identity' },
        sourceType: { kind: 'decimal', precision: 9, scale: 2 },
        type: { kind: 'decimal', precision: 9, scale: 2 },
      }),
    );
    const files = [file({ partition: [1420n, -1n] })];
    const { bytes } = write(files, two);
    expect(readManifest(bytes, 'ours', () => two)[0]!.file.partition).toEqual([1420n, -1n]);
    const text = readAvroFile(bytes, 'ours').metadata.get('avro.schema')!;
    expect(text.split('"name":"decimal_9_2"').length).toBe(2);
    expect(text).toContain('"a_x2Ex"');
  });
});

/** From field id to name and type, all nested ones too; docs, defaults and record names aside. */
function flatten(schema: AvroObject): Map<number, string> {
  const found = new Map<number, string>();
  const visit = (type: unknown): void => {
    if (Array.isArray(type)) for (const branch of type) visit(branch);
    if (typeof type !== 'object' || type === null) return;
    const object = type as AvroObject;
    for (const field of (object.fields ?? []) as AvroField[]) {
      found.set(field['field-id']!, `${field.name} ${shape(field.type)}`);
      visit(field.type);
    }
    if (object['element-id'] !== undefined) found.set(object['element-id'], `element ${shape(object.items)}`);
    visit(object.items);
  };
  visit(schema);
  return found;
}

function shape(type: unknown): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return `[${type.map(shape).join()}]`;
  const { type: kind, logicalType = '', size = '' } = type as AvroObject;
  return `${shape(kind)}:${logicalType}${size}`;
}

describe('partition paths', () => {
  it('are those of Java', () => {
    expect(partitionPath(fields, [20778, 3, false, 'dé /v'])).toBe(
      'ts_day=2026-11-21/device_bucket=3/ok=false/dtr=d%C3%A9+%2Fv',
    );
    expect(partitionPath(fields, [null, 0, null, 'x'])).toBe('ts_day=null/device_bucket=0/ok=null/dtr=x');
  });
});
